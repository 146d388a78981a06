/**
 * Fetches one file: goes on where an earlier attempt stopped, checks size and digest, and publishes it only when they are
 * right. Nothing is fetched that a user did not ask for.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DownloadRequest, LejepaError } from "@lejepa/contracts";

/** Where to and who listens. */
export interface DownloadOptions {
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  log(line: string): void;
}

/** Returns the path of the fetched file, at once when it is there. */
export async function download(request: DownloadRequest, { folder, signal, log }: DownloadOptions): Promise<string> {
  const file = join(folder, request.file);
  if (existsSync(file)) return file;
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.part`;
  log(`fetching ${request.url}`);
  await fetchInto(part, request, signal);
  await verify(part, request);
  renameSync(part, file);
  return file;
}

async function fetchInto(part: string, { url }: DownloadRequest, signal: AbortSignal | undefined): Promise<void> {
  const have = existsSync(part) ? statSync(part).size : 0;
  const response = await fetch(url, {
    headers: have > 0 ? { range: `bytes=${have}-` } : {},
    ...(signal !== undefined && { signal }),
  }).catch((cause: unknown) => {
    throw failed(url, `cannot be reached: ${(cause as Error).message}`, cause);
  });
  if (response.status === 416) return;
  if (!response.ok || response.body === null) throw failed(url, `answered ${response.status} ${response.statusText}`);
  const handle = await open(part, response.status === 206 ? "a" : "w");
  try {
    for await (const chunk of response.body) await handle.write(chunk);
  } catch (cause) {
    throw failed(url, `stopped in the middle: ${(cause as Error).message}`, cause);
  } finally {
    await handle.close();
  }
}

async function verify(part: string, { url, bytes, digest }: DownloadRequest): Promise<void> {
  const { size } = statSync(part);
  if (bytes !== undefined && size < bytes) throw failed(url, `stopped after ${size} of ${bytes} bytes`);
  const got = digest === undefined ? undefined : await digestOf(part, digest.algorithm);
  if ((bytes === undefined || size === bytes) && got === digest?.hex) return;
  rmSync(part);
  throw new LejepaError({
    code: "E_IO",
    where: url,
    expected: digest === undefined ? `${bytes} bytes` : `${digest.algorithm} ${digest.hex}`,
    got: got ?? `${size} bytes`,
    hint: "The file was thrown away; fetch it again.",
  });
}

async function digestOf(file: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function failed(url: string, problem: string, cause?: unknown): LejepaError {
  return new LejepaError({
    code: "E_IO",
    where: url,
    problem,
    hint: "Run it again: it goes on where it stopped.",
    cause,
  });
}
