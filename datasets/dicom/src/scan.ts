/**
 * Finds the files that may be DICOM: below a folder at any depth, in ZIP archives and archives in them, or in the list that a
 * DICOMDIR is. Names and first bytes only; no header is parsed but a DICOMDIR's.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { items, text, texts } from "./attributes.ts";
import { listArchive, looksLikeZip } from "./archive.ts";
import type { ByteSource } from "./byte-source.ts";
import type { FramePlace } from "./index-types.ts";
import { openEntry, openSource } from "./open-source.ts";
import { readHeader } from "./read-header.ts";
import type { SkipList } from "./skip-list.ts";

/** A file that was found. */
export interface FoundFile {
  /** Relative to the root, with `/`; for a file in an archive the archive's path comes first. */
  readonly path: string;
  readonly place: Omit<FramePlace, "frame">;
}

/** What a scan needs. */
export interface ScanOptions {
  readonly signal: AbortSignal | undefined;
  readonly skips: SkipList;
}

const dicomDir = "1.2.840.10008.1.3.10";
const deepestArchive = 3;

/** All files below `root` (an absolute path), sorted. Rejects as `stat` does when there is nothing. */
export async function scan(root: string, options: ScanOptions): Promise<FoundFile[]> {
  const folder = (await stat(root)).isDirectory();
  const paths = folder ? await walk(root, options) : await single(root);
  const found: FoundFile[] = [];
  const base = folder ? root : dirname(root);
  for (const path of paths.sort(byCodeUnit)) {
    options.signal?.throwIfAborted();
    const relativePath = relative(base, path).replaceAll("\\", "/");
    if (!(await isZip(path))) found.push({ path: relativePath, place: { path } });
    else await addArchive({ path: relativePath, place: { path } }, found, options);
  }
  return found;
}

// a DICOMDIR names its files (PS3.3 annex F); any other file stands for itself
async function single(path: string): Promise<string[]> {
  const source = await openSource({ path });
  try {
    const { dataSet } = await readHeader(source);
    if (text(dataSet, "x00020002") !== dicomDir && dataSet.elements["x00041220"] === undefined) return [path];
    const listed = items(dataSet, "x00041220").map((record) => texts(record, "x00041500"));
    const root = dirname(path);
    // parts are at most eight letters; anything else would lead out of the folder
    const named = listed.filter((parts) => parts.length > 0 && parts.every((part) => /^[A-Z0-9_]{1,8}$/i.test(part)));
    return [...new Set(named.map((parts) => join(root, ...parts)))];
  } catch {
    return [path];
  } finally {
    await source.close();
  }
}

async function walk(root: string, { signal, skips }: ScanOptions): Promise<string[]> {
  const files: string[] = [];
  const entered = new Set<string>();
  const enter = async (folder: string): Promise<void> => {
    signal?.throwIfAborted();
    const real = await realpath(folder);
    if (entered.has(real)) return skips.add("links to a folder that was already read", relative(root, folder));
    entered.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path);
      if (entry.name.startsWith(".")) skips.add("hidden", name);
      else if (entry.isDirectory()) await enterOrSkip(path);
      else if (entry.isFile()) files.push(path);
      else if (entry.isSymbolicLink()) await follow(path);
      else skips.add("not files", name);
    }
  };
  const enterOrSkip = async (path: string): Promise<void> => {
    try {
      await enter(path);
    } catch (error) {
      signal?.throwIfAborted();
      if (path === root) throw error;
      skips.add(`folders that cannot be read (${(error as NodeJS.ErrnoException).code})`, relative(root, path));
    }
  };
  const follow = async (path: string): Promise<void> => {
    const target = await stat(path).catch(() => undefined);
    if (target === undefined) skips.add("broken links", relative(root, path));
    else if (target.isDirectory()) await enterOrSkip(path);
    else if (target.isFile()) files.push(path);
    else skips.add("not files", relative(root, path));
  };
  await enter(root);
  return files;
}

// by name first: opening every file for its first bytes would double the time of a scan
async function isZip(path: string): Promise<boolean> {
  if (!/\.zip$/i.test(path)) return false;
  const source = await openSource({ path }).catch(() => undefined);
  if (source === undefined) return false;
  try {
    return looksLikeZip(await source.read(0, 4));
  } finally {
    await source.close();
  }
}

async function addArchive(archive: FoundFile, found: FoundFile[], { signal, skips }: ScanOptions): Promise<void> {
  const source = await openSource(archive.place).catch(() => undefined);
  if (source === undefined) return skips.add("archives that cannot be read", archive.path);
  try {
    for (const listed of await listArchive(source)) {
      signal?.throwIfAborted();
      const path = `${archive.path}/${listed.name}`;
      if ("unreadable" in listed) {
        skips.add(listed.unreadable, path);
        continue;
      }
      const entries = [...(archive.place.entries ?? []), listed.entry];
      const file = { path, place: { path: archive.place.path, entries } };
      if (!/\.zip$/i.test(listed.name) || !(await isZipEntry(source, listed.entry))) found.push(file);
      else if (entries.length >= deepestArchive) skips.add("archives more than three deep", path);
      else await addArchive(file, found, { signal, skips });
    }
  } catch {
    signal?.throwIfAborted();
    skips.add("archives that cannot be read", archive.path);
  } finally {
    await source.close();
  }
}

async function isZipEntry(archive: ByteSource, entry: Parameters<typeof openEntry>[1]): Promise<boolean> {
  try {
    return looksLikeZip(await (await openEntry(archive, entry)).read(0, 4));
  } catch {
    return false;
  }
}

function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
