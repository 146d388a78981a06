/**
 * Lists the images of a folder, of Parquet files or of shards with what is known of each. Opens no image but a sample, to
 * learn the bit depth.
 */
import { extname, join } from "node:path";
import {
  LejepaError,
  type DatasetContext,
  type DatasetIndex,
  type DatasetItem,
  type JsonValue,
  type Skipped,
} from "@lejepa/contracts";
import { imageDepth } from "@lejepa/image";
import { findFiles, type Found } from "./find-files.ts";
import { readLabels } from "./labels-table.ts";
import { placeImages, type Labelled } from "./layout.ts";
import type { FolderOptions } from "./options.ts";
import { indexParquet } from "./parquet-images.ts";
import { readSource, type ImageSource } from "./read-source.ts";
import { indexShards } from "./webdataset.ts";

const sampledFiles = 256;

/** An image with its source; `format` where it is known without opening it. */
interface Listed extends Labelled {
  readonly source: ImageSource;
  readonly format?: string;
}

interface Listing {
  readonly images: readonly Listed[];
  readonly skipped: readonly Skipped[];
  readonly warnings?: readonly string[];
}

/**
 * The items, sorted by path in a folder and in the order of the rows or entries else.
 *
 * @throws LejepaError E_DATA for a folder that is missing, unreadable or without images, and for a wrong table or shard
 */
export async function indexFolder(options: FolderOptions, context: DatasetContext): Promise<DatasetIndex> {
  const found = await findFiles(options, context.signal);
  const { images, skipped, warnings = [] } = await list(found, options, context);
  if (images.length === 0) throw noImages(options.path, skipped);
  const depth = options.bitDepth === "auto" ? await findDepth(images) : options.bitDepth;
  return {
    items: images.map(
      ({ path, format, source, ...known }): DatasetItem => ({
        id: path,
        ...known,
        ...(format !== undefined && { facts: { format } }),
        source: { ...(source as unknown as Record<string, JsonValue>), path: source.path, depth },
      }),
    ),
    skipped,
    ...(warnings.length > 0 && { warnings }),
  };
}

async function list(found: Found, options: FolderOptions, { hashGroup, signal }: DatasetContext): Promise<Listing> {
  if (found.kind === "images") return listFolder(found, options, hashGroup);
  if (options.labels !== null) throw noTable(options);
  if (found.kind === "parquet")
    return { images: await indexParquet(found.files, options, { hashGroup, signal }), skipped: found.skipped };
  const shards = await indexShards(found.files, options, { hashGroup, signal });
  return { ...shards, skipped: [...found.skipped, ...shards.skipped] };
}

async function listFolder(
  { root, images, skipped }: Extract<Found, { kind: "images" }>,
  options: FolderOptions,
  hashGroup: DatasetContext["hashGroup"],
): Promise<Listing> {
  const listed =
    options.labels === null
      ? placeImages(images, options, hashGroup)
      : await withTable(root, images, options, hashGroup);
  const unlisted = images.length - listed.length;
  return {
    images: listed.map((image) => ({
      ...image,
      format: formatOf(image.path),
      source: { path: join(root, image.path) },
    })),
    skipped:
      unlisted === 0
        ? skipped
        : [...skipped, { reason: `images that ${options.labels} does not list`, count: unlisted, examples: [] }],
  };
}

async function withTable(
  root: string,
  images: readonly string[],
  options: FolderOptions,
  hashGroup: DatasetContext["hashGroup"],
): Promise<Labelled[]> {
  const labelled = await readLabels({ root, images, hashGroup }, options);
  const places = new Map(
    placeImages(images, { ...options, label: "none" }, hashGroup).map((place) => [place.path, place]),
  );
  const merged = labelled.map((line): Labelled => ({ ...places.get(line.path), ...line }));
  return merged.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const otherNames: Readonly<Record<string, string>> = { jpg: "jpeg", jpe: "jpeg", jfif: "jpeg", tif: "tiff" };

function formatOf(path: string): string {
  const extension = extname(path).slice(1).toLowerCase();
  return otherNames[extension] ?? extension;
}

// header only; the first 16-bit file settles it
async function findDepth(images: readonly Listed[]): Promise<8 | 16> {
  const candidates = images.filter(({ format }) => format === undefined || format === "png" || format === "tiff");
  const step = Math.max(1, Math.floor(candidates.length / sampledFiles));
  for (let i = 0; i < candidates.length; i += step) {
    const { source } = candidates[i] as Listed;
    const depth = await readSource(source).then(imageDepth, () => undefined);
    if (depth === 16) return 16;
  }
  return 8;
}

function noTable({ path, labels }: FolderOptions): LejepaError {
  return new LejepaError({
    code: "E_DATA",
    where: `dataset folder: ${path}`,
    expected: "labels in the Parquet files or shards themselves",
    got: `labels: ${labels}`,
    hint: "A table of labels is for a folder of images.",
  });
}

function noImages(path: string, skipped: readonly Skipped[]): LejepaError {
  const left = skipped.map(({ count, reason }) => `${count} ${reason}`).join(", ");
  return new LejepaError({
    code: "E_DATA",
    where: `dataset folder: ${path}`,
    expected: "images",
    got: left === "" ? "none" : `only ${left}`,
  });
}
