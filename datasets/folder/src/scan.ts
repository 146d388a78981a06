/**
 * Walks a folder and finds the files in it that can be or hold images, at any depth. Names only; no file is opened. Follows links, each target
 * once, so loops end and no image is listed twice.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Skipped } from "@lejepa/contracts";
import { imageExtensions } from "@lejepa/image";

/** What a walk found; paths are relative to the root, with `/`, sorted by code unit. */
export interface Scan {
  readonly images: readonly string[];
  /** Parquet files. */
  readonly parquet: readonly string[];
  /** Tar files. */
  readonly shards: readonly string[];
  readonly skipped: readonly Skipped[];
}

interface Walk {
  readonly root: string;
  readonly signal: AbortSignal | undefined;
  /** Real paths of the folders entered. */
  readonly entered: Set<string>;
  /** Images, Parquet files and shards. */
  readonly files: string[];
  readonly links: string[];
  readonly skipped: Map<string, { count: number; examples: string[] }>;
}

/** Lists the images under `root` (an absolute path). Rejects when the root itself cannot be read. */
export async function scan(root: string, signal?: AbortSignal): Promise<Scan> {
  const walk: Walk = { root, signal, entered: new Set(), files: [], links: [], skipped: new Map() };
  await enter(walk, "");
  await followLinks(walk);
  const skipped = [...walk.skipped].map(([reason, { count, examples }]) => ({ reason, count, examples }));
  const files = walk.files.sort(byCodeUnit);
  const ending = (extension: string): string[] => files.filter((path) => extensionOf(path) === extension);
  const images = files.filter((path) => imageExtensions.has(extensionOf(path)));
  return {
    images,
    parquet: ending(".parquet"),
    shards: ending(".tar"),
    skipped: skipped.sort((a, b) => b.count - a.count),
  };
}

async function enter(walk: Walk, folder: string): Promise<void> {
  walk.signal?.throwIfAborted();
  const absolute = join(walk.root, folder);
  const real = await realpath(absolute);
  if (walk.entered.has(real)) return skip(walk, "links to a folder that was already read", folder);
  walk.entered.add(real);
  const entries = await readdir(absolute, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => byCodeUnit(a.name, b.name))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith(".")) skip(walk, "hidden", path);
    else if (entry.isSymbolicLink()) walk.links.push(path);
    else if (entry.isDirectory()) await enterOrSkip(walk, path);
    else if (entry.isFile()) addFile(walk, path);
    else skip(walk, "not files", path);
  }
}

async function enterOrSkip(walk: Walk, path: string): Promise<void> {
  try {
    await enter(walk, path);
  } catch (error) {
    walk.signal?.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    skip(
      walk,
      code === "EACCES" || code === "EPERM" ? "folders without permission" : `folders that cannot be read (${code})`,
      path,
    );
  }
}

function addFile(walk: Walk, path: string): void {
  const extension = extensionOf(path);
  if (imageExtensions.has(extension) || extension === ".parquet" || extension === ".tar") walk.files.push(path);
  else skip(walk, extension === "" ? "files without an extension" : `${extension} files`, path);
}

// after all real files, so that a link to an image in the folder counts as the copy, not the original
async function followLinks(walk: Walk): Promise<void> {
  const files = new Set(walk.links.length === 0 ? [] : await realPaths(walk));
  for (let i = 0; i < walk.links.length; i++) {
    const path = walk.links[i] as string;
    const absolute = join(walk.root, path);
    const target = await stat(absolute).catch(() => undefined);
    if (target === undefined) {
      skip(walk, "broken links", path);
    } else if (target.isDirectory()) {
      const before = walk.files.length;
      await enterOrSkip(walk, path);
      const entered = walk.files.splice(before);
      for (const image of entered) await addUnique(walk, image, files);
    } else {
      await addUnique(walk, path, files);
    }
  }
}

async function addUnique(walk: Walk, path: string, files: Set<string>): Promise<void> {
  const real = await realpath(join(walk.root, path));
  if (files.has(real)) return skip(walk, "links to an image that is already listed", path);
  files.add(real);
  addFile(walk, path);
}

async function realPaths({ root, files }: Walk): Promise<string[]> {
  const real = await realpath(root);
  return files.map((path) => join(real, path));
}

function skip({ skipped }: Walk, reason: string, path: string): void {
  const entry = skipped.get(reason) ?? { count: 0, examples: [] };
  skipped.set(reason, entry);
  entry.count += 1;
  if (entry.examples.length < 3) entry.examples.push(path);
}

function extensionOf(path: string): string {
  return extname(path).toLowerCase();
}

function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
