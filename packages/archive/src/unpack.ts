/**
 * Unpacks a .tar.gz into a folder, in one pass and without trusting it: only regular files and folders, only below one top
 * folder, within limits. The folder appears under its name when all of it is there; after an interruption the files that
 * are complete are kept.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import { createByteReader, type ByteReader } from "./byte-reader.ts";
import { blockBytes, createTarHeaders, padded, type TarStep } from "./tar-headers.ts";

/** Bounds on what an archive may hold. */
export interface UnpackLimits {
  readonly entries: number;
  /** Of one file; files are held in memory one at a time. */
  readonly entryBytes: number;
  readonly totalBytes: number;
  /** Unpacked bytes for each packed one, looked at from 16 MiB on. */
  readonly ratio: number;
}

/** What to unpack, and how. */
export interface UnpackRequest {
  readonly archive: string;
  /** The folder to make; the archive's top folder comes to lie in it. */
  readonly target: string;
  /** The one top folder of the archive. */
  readonly top: string;
  readonly limits: UnpackLimits;
  /** Expected MD5 of the archive in lower-case hexadecimal. */
  readonly md5?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const ratioFrom = 16 << 20;

/**
 * Unpacks the archive; returns at once when `target` is there.
 *
 * @throws LejepaError E_DATA for an archive that is damaged, truncated, hostile (absolute paths, `..`, links, devices, a file
 *   twice, beyond the limits) or has another MD5; then nothing is left behind. E_IO when the disk fails
 */
export async function unpack(request: UnpackRequest): Promise<void> {
  const { archive, target, md5, signal } = request;
  if (existsSync(target)) return;
  const part = `${target}.part`;
  try {
    await mkdir(part, { recursive: true });
    const got = await readArchive({ ...request, part, names: new Set(), folders: new Set() });
    if (md5 !== undefined && got !== md5)
      throw refused(archive, {
        expected: `md5 ${md5}`,
        got,
        hint: "The archive is damaged or another one: get it again, or set verify: false for one of your own.",
      });
    await rename(part, target);
  } catch (error) {
    // another process may have been faster
    const done = existsSync(target);
    if (!done) signal?.throwIfAborted();
    const problem = isLejepaError(error) ? error : ofStream(archive, error as NodeJS.ErrnoException);
    if (done || problem.code === "E_DATA") await rm(part, { recursive: true, force: true });
    if (!done) throw problem;
  }
}

interface Job extends UnpackRequest {
  readonly part: string;
  /** Names met, in one case: file systems differ in it. */
  readonly names: Set<string>;
  /** Folders made. */
  readonly folders: Set<string>;
}

/** Unpacks all entries and returns the MD5 of the archive. */
async function readArchive(job: Job): Promise<string> {
  const { archive, limits, signal } = job;
  const hash = createHash("md5");
  let packed = 0;
  let unpacked = 0;
  let writing = Promise.resolve();
  const stream = pipeline(
    createReadStream(archive, { highWaterMark: 1 << 18 }),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        packed += chunk.length;
        hash.update(chunk);
        yield chunk;
      }
    },
    createGunzip({ chunkSize: 1 << 18 }),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        unpacked += chunk.length;
        if (unpacked > limits.totalBytes) throw tooLarge(archive, `${limits.totalBytes} bytes in all`);
        if (unpacked > ratioFrom && unpacked > packed * limits.ratio)
          throw tooLarge(archive, `${limits.ratio} times its own size`);
        yield chunk;
      }
    },
    (source: AsyncIterable<Buffer>) => {
      const reader = createByteReader(source);
      writing = readEntries(job, reader).then(reader.drain);
      return writing;
    },
    signal === undefined ? {} : { signal },
  );
  try {
    await stream;
  } finally {
    // the stream may fail while a file is still being written
    await writing.catch(() => {});
  }
  return hash.digest("hex");
}

async function readEntries(job: Job, reader: ByteReader): Promise<void> {
  const { archive, limits } = job;
  const headers = createTarHeaders();
  for (let count = 0; ; count++) {
    const block = await reader.take(blockBytes);
    const step: TarStep = block === undefined ? { kind: "damaged" } : headers.next(block);
    if (step.kind === "end") return;
    if (step.kind === "damaged")
      throw notWhole(archive, count === 0 ? "no tar archive in it" : "one that is damaged or cut off");
    if (count > limits.entries) throw tooLarge(archive, `${limits.entries} entries`);
    if (step.bytes > limits.entryBytes) throw tooLarge(archive, `${limits.entryBytes} bytes a file`);
    const contents = step.bytes === 0 ? Buffer.alloc(0) : await reader.take(padded(step.bytes));
    if (contents === undefined) throw notWhole(archive, "one that is cut off");
    const body = contents.subarray(0, step.bytes);
    if (step.kind === "meta") headers.addMeta(body);
    else await put(job, step, body);
  }
}

async function put(
  { archive, part, top, names, folders }: Job,
  { kind, name, type }: Exclude<TarStep, { kind: "meta" | "end" | "damaged" }>,
  body: Buffer,
): Promise<void> {
  if (kind === "other") throw hostile(archive, `a ${type}`);
  const path = name.replace(/^(\.\/)+/, "").replace(/\/$/, "");
  if (kind === "folder" && (path === "." || path === "")) return;
  const parts = path.split("/");
  const odd = parts.some((each) => each === "" || each === "." || each === "..") || /[\\:\0]/.test(path);
  if (odd || parts[0] !== top) throw hostile(archive, `a file that is not below ${top}/`);
  if (kind === "folder") return;
  const key = path.normalize("NFC").toLowerCase();
  if (names.has(key)) throw hostile(archive, "a file twice");
  names.add(key);
  const file = join(part, ...parts);
  if (!folders.has(dirname(file))) {
    await mkdir(dirname(file), { recursive: true });
    folders.add(dirname(file));
  }
  const there = await stat(file).catch(() => undefined);
  if (there?.size === body.length) return;
  // complete files only, so that an interrupted one is not taken for one
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, body);
  await rename(unfinished, file);
}

function refused(
  archive: string,
  parts: { expected: string; got: string; hint?: string; cause?: unknown },
): LejepaError {
  return new LejepaError({ code: "E_DATA", where: basename(archive), ...parts });
}

function notWhole(archive: string, got: string): LejepaError {
  return refused(archive, { expected: "a whole .tar.gz archive", got });
}

function hostile(archive: string, got: string): LejepaError {
  return refused(archive, { expected: "an archive of plain files, each once", got, hint: "It was not unpacked." });
}

function tooLarge(archive: string, most: string): LejepaError {
  return refused(archive, { expected: `an archive of at most ${most}`, got: "more", hint: "It was not unpacked." });
}

function ofStream(archive: string, cause: NodeJS.ErrnoException): LejepaError {
  const { code = "" } = cause;
  if (code.startsWith("Z_"))
    return refused(archive, { expected: "a whole .tar.gz archive", got: cause.message, cause });
  const got = code === "ENOENT" ? "nothing there" : code || cause.message;
  return new LejepaError({ code: "E_IO", where: basename(archive), problem: `cannot be unpacked: ${got}`, cause });
}
