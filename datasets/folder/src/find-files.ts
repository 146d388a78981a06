/**
 * What `path` stands for: a folder, one file that holds many images, or several by a brace pattern.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { LejepaError, nearest, type Skipped } from "@lejepa/contracts";
import type { FolderOptions } from "./options.ts";
import type { ImageFile } from "./parquet-images.ts";
import { scan, type Scan } from "./scan.ts";

/** What was found, before any file is opened. */
export type Found =
  | { readonly kind: "images"; readonly root: string; readonly images: readonly string[]; readonly skipped: Skipped[] }
  | { readonly kind: "parquet" | "webdataset"; readonly files: readonly ImageFile[]; readonly skipped: Skipped[] };

const kinds: Readonly<Record<string, "parquet" | "webdataset">> = { ".parquet": "parquet", ".tar": "webdataset" };

/**
 * Resolves `options.path` and `options.format`.
 *
 * @throws LejepaError E_DATA for what is not there, cannot be read, or does not fit the format asked for
 */
export async function findFiles(options: FolderOptions, signal: AbortSignal | undefined): Promise<Found> {
  const { path } = options;
  const paths = await expandBraces(path);
  const root = resolve(path);
  if (paths.length === 0 && (await isFolder(root, path))) return inFolder(root, options, signal);
  const all = paths.length === 0 ? [root] : paths.map((each) => resolve(each));
  return ofFiles(all, options);
}

async function expandBraces(path: string): Promise<string[]> {
  if (!/\{.*\}/.test(path)) return [];
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined) return [];
  const { expand, EXPANSION_MAX } = await import("brace-expansion");
  const paths = expand(path);
  if (paths.length < EXPANSION_MAX) return paths;
  throw wrongPath(path, { expected: `a pattern for fewer than ${EXPANSION_MAX} files`, got: "one for more" });
}

async function ofFiles(paths: readonly string[], { path, format }: FolderOptions): Promise<Found> {
  const expected = "a folder of images, or .parquet or .tar files";
  const endings = new Set(paths.map((file) => extname(file).toLowerCase()));
  const kind = kinds[[...endings][0] ?? ""];
  if (kind === undefined || endings.size > 1) {
    const hint = /\.(tar\.\w+|tgz)$/i.test(path)
      ? "Compressed archives cannot be read at random: unpack it to .tar."
      : "Give the folder that the images lie in.";
    throw wrongPath(path, { expected, got: endings.size > 1 ? "files of several kinds" : "a file", hint });
  }
  if (format !== "auto" && format !== kind)
    throw wrongPath(path, { expected: `what format ${format} names`, got: `${[...endings][0]} files` });
  const missing: string[] = [];
  for (const file of paths) if (!(await stat(file).catch(() => undefined))?.isFile()) missing.push(file);
  const [first] = missing;
  if (first !== undefined)
    throw wrongPath(path, {
      expected: `${paths.length} files`,
      got: `${missing.length} missing, the first ${basename(first)}`,
    });
  const root = commonFolder(paths);
  return { kind, files: paths.map((file) => ({ path: file, name: named(root, file) })), skipped: [] };
}

async function inFolder(
  root: string,
  { path, format }: FolderOptions,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const { images, parquet, shards, skipped } = await scanFolder(root, path, signal);
  const others = { images, parquet, webdataset: shards };
  const kind =
    format === "auto"
      ? ((["images", "parquet", "webdataset"] as const).find((each) => others[each].length > 0) ?? "images")
      : format;
  const names = { images: "images", parquet: ".parquet files", webdataset: ".tar files" };
  const left = [...skipped];
  for (const [other, files] of Object.entries(others))
    if (other !== kind && files.length > 0)
      left.push({ reason: names[other as keyof typeof names], count: files.length, examples: files.slice(0, 3) });
  left.sort((a, b) => b.count - a.count);
  if (others[kind].length === 0) throw nothingFound(path, { names: names[kind], left, format });
  if (kind === "images") return { kind, root, images, skipped: left };
  return { kind, files: others[kind].map((name) => ({ path: join(root, name), name })), skipped: left };
}

async function isFolder(root: string, path: string): Promise<boolean> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) return found.isDirectory();
  if (found.code === "EACCES") throw wrongFolder(path, "one without permission");
  const siblings = await readdir(dirname(root)).catch(() => []);
  const similar = nearest(basename(root), siblings);
  throw wrongFolder(
    path,
    "nothing there",
    similar === undefined ? undefined : `Did you mean ${join(dirname(path), similar)}?`,
  );
}

async function scanFolder(root: string, path: string, signal: AbortSignal | undefined): Promise<Scan> {
  try {
    return await scan(root, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw wrongFolder(path, `one that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function commonFolder(paths: readonly string[]): string {
  let root = dirname(paths[0] as string);
  while (paths.some((file) => relative(root, file).startsWith(".."))) root = dirname(root);
  return root;
}

function named(root: string, file: string): string {
  return relative(root, file).replaceAll("\\", "/");
}

function wrongFolder(path: string, got: string, hint?: string): LejepaError {
  return wrongPath(path, { expected: "a folder of images", got, hint });
}

function wrongPath(path: string, parts: { expected: string; got: string; hint?: string | undefined }): LejepaError {
  return new LejepaError({ code: "E_DATA", where: `dataset folder: ${path}`, ...parts });
}

function nothingFound(
  path: string,
  { names, left, format }: { names: string; left: readonly Skipped[]; format: string },
): LejepaError {
  const rest = left.map(({ count, reason }) => `${count} ${reason}`).join(", ");
  return wrongPath(path, {
    expected: format === "auto" ? "images (jpg, png, webp, tiff, gif, avif)" : names,
    got: rest === "" ? "an empty folder" : `only ${rest}`,
  });
}
