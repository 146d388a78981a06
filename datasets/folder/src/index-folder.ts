/**
 * Lists the images of a folder with what is known of each. Opens no image but a sample, to learn the bit depth.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { readdir } from "node:fs/promises";
import {
  LejepaError,
  nearest,
  type DatasetContext,
  type DatasetIndex,
  type DatasetItem,
  type Skipped,
} from "@lejepa/contracts";
import { readLabels, type Labelled } from "./labels-csv.ts";
import { placeImages } from "./layout.ts";
import { loadSharp } from "./load-sharp.ts";
import type { FolderOptions } from "./options.ts";
import { scan } from "./scan.ts";

const sampledFiles = 256;

/**
 * The items of the folder, sorted by path.
 *
 * @throws LejepaError E_DATA for a folder that is missing, unreadable or without images, and for a wrong CSV file
 */
export async function indexFolder(options: FolderOptions, { signal }: DatasetContext): Promise<DatasetIndex> {
  const root = resolve(options.path);
  await checkFolder(root, options.path);
  const { images, skipped } = await scanFolder(root, options.path, signal);
  if (images.length === 0) throw noImages(options.path, skipped);
  const listed = options.labels === null ? placed(images, options) : await withCsv(root, images, options);
  const unlisted = images.length - listed.length;
  const depth = options.bitDepth === "auto" ? await findDepth(root, listed) : options.bitDepth;
  return {
    items: listed.map(
      ({ path, ...known }): DatasetItem => ({ id: path, ...known, source: { path: join(root, path), depth } }),
    ),
    skipped:
      unlisted === 0
        ? skipped
        : [...skipped, { reason: `images that ${options.labels} does not list`, count: unlisted, examples: [] }],
  };
}

function placed(images: readonly string[], options: FolderOptions): Labelled[] {
  const places = placeImages(images, options);
  return images.map((path, i) => ({ path, ...places[i] }));
}

async function withCsv(root: string, images: readonly string[], options: FolderOptions): Promise<Labelled[]> {
  const labelled = await readLabels(root, images, options);
  const places = new Map(placed(images, { ...options, label: "none" }).map((place) => [place.path, place]));
  const merged = labelled.map((line): Labelled => ({ ...places.get(line.path), ...line }));
  return merged.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function checkFolder(root: string, path: string): Promise<void> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    if (found.isDirectory()) return;
    throw wrongFolder(path, "a file", "Give the folder that the images lie in.");
  }
  if (found.code === "EACCES") throw wrongFolder(path, "one without permission", undefined);
  const siblings = await readdir(dirname(root)).catch(() => []);
  const similar = nearest(basename(root), siblings);
  throw wrongFolder(
    path,
    "nothing there",
    similar === undefined ? undefined : `Did you mean ${join(dirname(path), similar)}?`,
  );
}

async function scanFolder(root: string, path: string, signal: AbortSignal | undefined): ReturnType<typeof scan> {
  try {
    return await scan(root, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw wrongFolder(path, `one that cannot be read (${(error as NodeJS.ErrnoException).code})`, undefined);
  }
}

// header only; the first 16-bit file settles it
async function findDepth(root: string, listed: readonly Labelled[]): Promise<8 | 16> {
  const candidates = listed.filter(({ path }) => [".png", ".tif", ".tiff"].includes(extname(path).toLowerCase()));
  const step = Math.max(1, Math.floor(candidates.length / sampledFiles));
  if (candidates.length === 0) return 8;
  const sharp = await loadSharp();
  for (let i = 0; i < candidates.length; i += step) {
    const { path } = candidates[i] as Labelled;
    const depth = await sharp(join(root, path))
      .metadata()
      .then((metadata) => metadata.depth)
      .catch(() => undefined);
    if (depth === "ushort") return 16;
  }
  return 8;
}

function wrongFolder(path: string, got: string, hint: string | undefined): LejepaError {
  return new LejepaError({
    code: "E_DATA",
    where: `dataset folder: ${path}`,
    expected: "a folder of images",
    got,
    hint,
  });
}

function noImages(path: string, skipped: readonly Skipped[]): LejepaError {
  const left = skipped.map(({ count, reason }) => `${count} ${reason}`).join(", ");
  return new LejepaError({
    code: "E_DATA",
    where: `dataset folder: ${path}`,
    expected: "images (jpg, png, webp, tiff, gif, avif)",
    got: left === "" ? "an empty folder" : `only ${left}`,
  });
}
