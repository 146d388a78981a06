/**
 * Fetches one file: goes on where an earlier attempt stopped, checks size and digest, and publishes it only when they are
 * right. Each attempt writes a file of its own, so that two processes at once only do the work twice. Nothing is fetched that a
 * user did not ask for.
 */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type DownloadRequest, LejepaError } from "@lejepa/contracts";
import { isAlive } from "./is-alive.ts";

/** Where to and who listens. */
export interface DownloadOptions {
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  log(line: string): void;
  /** Least time between two lines of progress, milliseconds (5 000). */
  readonly progressMs?: number;
}

/**
 * Returns the path of the fetched file, at once when it is there.
 *
 * @throws LejepaError E_IO when the file cannot be reached or is not the right one, E_ABORTED
 */
export async function download(request: DownloadRequest, options: DownloadOptions): Promise<string> {
  const file = join(options.folder, request.file);
  if (existsSync(file)) return file;
  mkdirSync(dirname(file), { recursive: true });
  options.log(`fetching ${request.url}`);
  const part = takePart(file);
  try {
    await fetchInto(part, request, options);
    await verify(part, request);
    renameSync(part, file);
  } finally {
    // for the next attempt
    if (existsSync(part)) renameSync(part, partOf(file));
  }
  return file;
}

const partOf = (file: string): string => `${file}.part`;

/** A file of this attempt's own, with what an earlier one left; only one attempt can get that by renaming it. */
function takePart(file: string): string {
  const own = `${partOf(file)}-${process.pid}-${randomBytes(4).toString("hex")}`;
  const prefix = `${basename(file)}.part`;
  for (const name of readdirSync(dirname(file)).filter((entry) => entry.startsWith(prefix))) {
    const owner = /^-(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (name !== prefix && (owner === undefined || isAlive(Number(owner)))) continue;
    try {
      renameSync(join(dirname(file), name), own);
      return own;
    } catch (error) {
      // another attempt was faster
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return own;
}

async function fetchInto(part: string, request: DownloadRequest, options: DownloadOptions): Promise<void> {
  const { url } = request;
  const have = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  const response = await ask(url, have, options);
  if (response.status === 416) {
    // nothing beyond what is there: all of it, or what is there is no part of this file
    if (Number(response.headers.get("content-range")?.split("/")[1]) === have) return;
    rmSync(part);
    return fetchInto(part, request, options);
  }
  if (!response.ok || response.body === null) throw failed(url, `answered ${response.status} ${response.statusText}`);
  const from = response.status === 206 ? startOf(response) : 0;
  if (from !== 0 && from !== have) throw failed(url, `answered with bytes from ${from} on instead of ${have}`);
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = request.bytes ?? from + length;
  const tell = progressTeller(url, total, options);
  const handle = await open(part, from > 0 ? "a" : "w");
  let written = from;
  try {
    for await (const chunk of response.body) {
      await handle.writeFile(chunk);
      written += chunk.length;
      if (request.bytes !== undefined && written > request.bytes) break;
      tell(written);
    }
    await handle.sync();
  } catch (cause) {
    throw stopped(url, options, `stopped in the middle: ${(cause as Error).message}`, cause);
  } finally {
    await handle.close();
  }
}

function ask(url: string, have: number, { signal, ...options }: DownloadOptions): Promise<Response> {
  return fetch(url, {
    headers: have > 0 ? { range: `bytes=${have}-` } : {},
    ...(signal !== undefined && { signal }),
  }).catch((cause: Error) => {
    const why = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw stopped(url, { signal, ...options }, `cannot be reached: ${why}`, cause);
  });
}

function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
}

function progressTeller(
  url: string,
  total: number,
  { log, progressMs = 5000 }: DownloadOptions,
): (written: number) => void {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  let toldAt = performance.now();
  return (written) => {
    if (performance.now() - toldAt < progressMs) return;
    toldAt = performance.now();
    const share = Number.isNaN(total) ? "" : ` of ${megabytes(total)} MB (${Math.floor((100 * written) / total)} %)`;
    log(`fetching ${url}: ${megabytes(written)}${share === "" ? " MB" : share}`);
  };
}

async function verify(part: string, { url, bytes, digest }: DownloadRequest): Promise<void> {
  const { size } = statSync(part);
  if (bytes !== undefined && size < bytes) throw failed(url, `stopped after ${size} of ${bytes} bytes`);
  const sized = bytes === undefined || size === bytes;
  const got = digest !== undefined && sized ? await digestOf(part, digest.algorithm) : undefined;
  if (sized && got === digest?.hex) return;
  rmSync(part);
  throw new LejepaError({
    code: "E_IO",
    where: url,
    expected: sized ? `${digest?.algorithm} ${digest?.hex}` : `${bytes} bytes`,
    got: sized ? String(got) : "more",
    hint: "The file was thrown away; fetch it again.",
  });
}

async function digestOf(file: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function stopped(url: string, { signal }: DownloadOptions, problem: string, cause: unknown): LejepaError {
  if (!signal?.aborted) return failed(url, problem, cause);
  return new LejepaError({ code: "E_ABORTED", where: url, problem: "stopped on request", cause });
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
