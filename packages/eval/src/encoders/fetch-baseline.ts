// Fetches named baselines from the Hugging Face hub into a cache that knows their digests, on request only and after the
// licence was accepted. Without a network, the same files can be given by path.
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LejepaError } from "@lejepa/contracts";
import { publishFolder, replaceJson } from "@lejepa/data";
import type { PathInfo } from "@huggingface/hub";
import { type Baseline, baselineOf, baselines } from "./baselines.ts";
import { fileDigest } from "./open-context.ts";

/** What was fetched, as baseline.json in its folder says it. */
export interface FetchedBaseline {
  readonly format: 1;
  readonly name: string;
  readonly repo: string;
  readonly licence: string;
  /** When the licence was accepted. */
  readonly acceptedAt: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/** Options of {@link fetchBaseline}. */
export interface FetchOptions {
  readonly cacheDir: string;
  /** The user has read the licence and agrees to it. */
  readonly acceptLicence: boolean;
  /** Of a hub account, for gated models. */
  readonly accessToken?: string | undefined;
  /** Default the public hub. */
  readonly hubUrl?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

const recordFile = "baseline.json";
const rootOf = (cacheDir: string): string => join(cacheDir, "baselines");

/** Each named baseline with whether it is in the cache. */
export function listBaselines(cacheDir: string): readonly (Baseline & { readonly fetched: boolean })[] {
  return baselines.map((baseline) => ({ ...baseline, fetched: readRecord(cacheDir, baseline.name) !== undefined }));
}

/**
 * Fetches a baseline; at once when it is there whole. A file that stopped half-way goes on where it stopped.
 *
 * @returns the folder of its files
 * @throws LejepaError E_USAGE for an unknown name, or when the licence was not accepted; E_IO when the hub cannot be reached,
 * refuses, or sends something else than it promised; E_ABORTED
 */
export async function fetchBaseline(name: string, options: FetchOptions): Promise<string> {
  const baseline = baselineOf(name);
  const folder = join(rootOf(options.cacheDir), name);
  if (readRecord(options.cacheDir, name) !== undefined) {
    await checkFiles(baseline, options.cacheDir);
    return folder;
  }
  if (!options.acceptLicence) throw licenceFirst(baseline);
  const part = join(rootOf(options.cacheDir), `.${name}.part`);
  mkdirSync(part, { recursive: true });
  const infos = await askHub(baseline, options, (hub, common) =>
    hub.pathsInfo({ ...common, paths: [...baseline.files] }),
  );
  const weights = baseline.files[0];
  if (!infos.some(({ path }) => path === weights)) throw failed(baseline, `has no file ${weights}`);
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const info of infos) files[info.path] = await fetchFile(baseline, info, { part, options });
  const record: FetchedBaseline = {
    format: 1,
    name,
    repo: baseline.repo,
    licence: baseline.licence,
    acceptedAt: new Date().toISOString(),
    files,
  };
  replaceJson(part, recordFile, record);
  publishFolder(part, folder);
  return folder;
}

/**
 * The weights of a fetched baseline, checked against their digests.
 *
 * @throws LejepaError E_DATA when it was not fetched, E_IO when a file is not whole
 */
export async function fetchedWeights(name: string, cacheDir: string | undefined): Promise<string> {
  const baseline = baselineOf(name);
  if (cacheDir === undefined || readRecord(cacheDir, name) === undefined) {
    throw new LejepaError({
      code: "E_DATA",
      where: name,
      problem: "was not fetched yet",
      hint: `Run: lejepa baselines fetch ${name}. Without a network, give the path of its files instead of its name`,
    });
  }
  await checkFiles(baseline, cacheDir);
  return join(rootOf(cacheDir), name, baseline.files[0]);
}

function readRecord(cacheDir: string, name: string): FetchedBaseline | undefined {
  const file = join(rootOf(cacheDir), name, recordFile);
  if (!existsSync(file)) return undefined;
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as FetchedBaseline;
    return record.format === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

async function checkFiles({ name }: Baseline, cacheDir: string): Promise<void> {
  const folder = join(rootOf(cacheDir), name);
  for (const [path, { bytes, sha256 }] of Object.entries(readRecord(cacheDir, name)?.files ?? {})) {
    const file = join(folder, path);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size === bytes && (await fileDigest(file)) === sha256) continue;
    throw new LejepaError({
      code: "E_IO",
      where: `${name}: ${path}`,
      expected: `the ${bytes} bytes that were fetched`,
      got: size === bytes ? "others" : `${size} bytes`,
      hint: `The file is damaged. Remove ${folder} and fetch it again.`,
    });
  }
}

const licenceFirst = ({ name, licence, licenceUrl, repo }: Baseline): LejepaError =>
  new LejepaError({
    code: "E_USAGE",
    where: name,
    problem: `its licence must be accepted first: ${licence}, ${licenceUrl} (https://huggingface.co/${repo})`,
    hint: `Read it, then run: lejepa baselines fetch ${name} --accept-licence`,
  });

type Hub = typeof import("@huggingface/hub");
interface Common {
  readonly repo: string;
  readonly hubUrl?: string;
  readonly accessToken?: string;
  readonly fetch: typeof fetch;
}

/** A call to the hub, with its errors in the user's words. */
async function askHub<T>(
  baseline: Baseline,
  { hubUrl, accessToken, signal }: FetchOptions,
  call: (hub: Hub, common: Common) => Promise<T>,
): Promise<T> {
  const hub = await import("@huggingface/hub");
  try {
    return await call(hub, {
      repo: baseline.repo,
      ...(hubUrl !== undefined && { hubUrl }),
      ...(accessToken !== undefined && { accessToken }),
      fetch: (input, init) => fetch(input, { ...init, ...(signal && { signal }) }),
    });
  } catch (cause) {
    throw hubError(baseline, cause, signal);
  }
}

function hubError(baseline: Baseline, cause: unknown, signal: AbortSignal | undefined): LejepaError {
  const { name, repo } = baseline;
  if (signal?.aborted) {
    return new LejepaError({ code: "E_ABORTED", where: name, problem: "stopped on request", cause });
  }
  const status = (cause as { readonly statusCode?: number }).statusCode;
  if (status === 401 || status === 403) {
    return new LejepaError({
      code: "E_IO",
      where: name,
      problem: `is given only to accounts that its owner let in (the hub answered ${status})`,
      hint: `Ask for access at https://huggingface.co/${repo}, make an access token, and set HF_TOKEN. Or copy the files from elsewhere and give their path`,
      cause,
    });
  }
  if (status !== undefined) return failed(baseline, `the hub answered ${status}`, cause);
  const inner = (cause as Error).cause;
  return failed(
    baseline,
    `the hub cannot be reached: ${(inner instanceof Error ? inner : (cause as Error)).message}`,
    cause,
  );
}

const failed = ({ name, repo }: Baseline, problem: string, cause?: unknown): LejepaError =>
  new LejepaError({
    code: "E_IO",
    where: name,
    problem,
    hint: `Run it again, or fetch the files of https://huggingface.co/${repo} elsewhere and give their path`,
    cause,
  });

interface FilePlace {
  readonly part: string;
  readonly options: FetchOptions;
}

async function fetchFile(
  baseline: Baseline,
  { path, size, lfs }: PathInfo,
  { part, options }: FilePlace,
): Promise<{ bytes: number; sha256: string }> {
  const file = join(part, path);
  mkdirSync(dirname(file), { recursive: true });
  const have = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (have < size) {
    options.log?.(
      `fetching ${baseline.name}: ${path} (${(size / 1e6).toFixed(1)} MB${have > 0 ? `, ${(have / 1e6).toFixed(1)} of them there` : ""})`,
    );
    const blob = await askHub(baseline, options, (hub, common) => hub.downloadFile({ ...common, path, xet: false }));
    if (blob === null) throw failed(baseline, `has no file ${path}`);
    const rest = have > 0 ? blob.slice(have) : blob;
    const source = Readable.fromWeb(rest.stream() as Parameters<typeof Readable.fromWeb>[0]);
    try {
      await pipeline(
        source,
        createWriteStream(file, { flags: "a" }),
        ...(options.signal ? [{ signal: options.signal }] : []),
      );
    } catch (cause) {
      throw hubError(baseline, cause, options.signal);
    }
  }
  const bytes = statSync(file).size;
  const sha256 = await fileDigest(file);
  if (bytes === size && (lfs === undefined || lfs.oid === sha256)) return { bytes, sha256 };
  if (bytes < size) throw failed(baseline, `${path} stopped after ${bytes} of ${size} bytes`);
  rmSync(file);
  throw failed(baseline, `${path} is not the file that the hub announced, and was thrown away`);
}
