/**
 * Makes the index: finds files, reads headers a few at a time, drops copies, orders series, adds labels, and says in plain
 * sentences what is odd about the set. No pixels are decoded.
 */
import { resolve } from "node:path";
import { LejepaError, type DatasetContext, type DatasetIndex, type DatasetItem, type Skipped } from "@lejepa/contracts";
import type { FramePlace, IndexedImage } from "./index-types.ts";
import { readLabels, type FindLabel } from "./labels.ts";
import type { DicomOptions } from "./options.ts";
import { readImage, shortHash, type ReadImage } from "./read-image.ts";
import { scan, type FoundFile } from "./scan.ts";
import { orderSeries, type Slice } from "./series.ts";
import { createSkipList, type SkipList } from "./skip-list.ts";
import { describe } from "./warnings.ts";

// file systems in a network answer several at a time
const atOnce = 8;

/**
 * The items below `options.path`: by series, in the order of the slices.
 *
 * @throws LejepaError E_DATA when there is nothing to read, no image in it, or the table of labels is wrong
 */
export async function indexDicom(options: DicomOptions, { signal, hashGroup }: DatasetContext): Promise<DatasetIndex> {
  const root = resolve(options.path);
  const skips = createSkipList({ names: options.fileNames });
  const files = await findFiles(root, options, { signal, skips });
  const read = await readAll(files, (file) => readImage(file, { options, hashGroup }), signal);
  const images = keepImages(files, read, skips);
  if (images.length === 0) throw nothingToRead(options, skips.list(), read);
  const findLabel = options.labels === null ? undefined : await readLabels({ root, images, options, hashGroup });
  const series = bySeries(images).map((group) => orderSeries(group));
  const slices = series.flatMap(({ slices: ordered }) => ordered);
  const depth = images.every(({ colour }) => colour) ? 8 : 16;
  const items = slices.map((slice) => toItem(slice, { options, depth, findLabel }));
  const channels = channelsOf(images, options);
  return {
    items,
    skipped: skips.list(),
    warnings: describe({ options, images, findings: series.map(({ findings }) => findings), items }),
    channels,
    ...(options.window !== "none" && { range: [0, depth === 8 ? 255 : 65535] as const }),
  };
}

async function findFiles(
  root: string,
  { path }: DicomOptions,
  options: { signal: AbortSignal | undefined; skips: SkipList },
): Promise<FoundFile[]> {
  try {
    return await scan(root, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "nothing there" : `one that cannot be read (${code ?? "unknown error"})`;
    throw new LejepaError({
      code: "E_DATA",
      where: `dataset dicom: ${path}`,
      expected: "a folder of DICOM files",
      got,
    });
  }
}

async function readAll(
  files: readonly FoundFile[],
  readOne: (file: FoundFile) => Promise<ReadImage>,
  signal: AbortSignal | undefined,
): Promise<ReadImage[]> {
  const results: ReadImage[] = Array.from({ length: files.length });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < files.length) {
      signal?.throwIfAborted();
      const at = next++;
      results[at] = await readOne(files[at] as FoundFile);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}

// the same UID with other content is another image that some tool forgot to rename
function keepImages(files: readonly FoundFile[], read: readonly ReadImage[], skips: SkipList): IndexedImage[] {
  const byId = new Map<string, Map<string, IndexedImage>>();
  for (const [i, result] of read.entries()) {
    const { path } = files[i] as FoundFile;
    if ("reason" in result) {
      skips.add(result.reason, path);
      continue;
    }
    const { id, content } = result.image;
    const same = byId.get(id) ?? new Map<string, IndexedImage>();
    byId.set(id, same);
    if (same.has(content)) skips.add("copies of an image that is already listed", path);
    else same.set(content, result.image);
  }
  return [...byId.values()].flatMap((same) => {
    if (same.size === 1) return [...same.values()];
    return [...same.values()].map((image) => ({ ...image, id: shortHash(image.id, image.content), sharedUid: true }));
  });
}

function bySeries(images: readonly IndexedImage[]): IndexedImage[][] {
  const series = new Map<string, IndexedImage[]>();
  for (const image of images) {
    const list = series.get(image.series);
    if (list === undefined) series.set(image.series, [image]);
    else list.push(image);
  }
  return [...series.values()];
}

interface ToItem {
  readonly options: DicomOptions;
  readonly depth: 8 | 16;
  readonly findLabel: FindLabel | undefined;
}

function toItem(slice: Slice, { options, depth, findLabel }: ToItem): DatasetItem {
  const { image, frame } = slice;
  const line = findLabel === undefined ? labelByPlace(image, options) : findLabel(image);
  const { previous, next } = options.neighbours === 1 ? slice : {};
  return {
    id: image.frameCount > 1 ? `${image.id}#${frame.frame}` : image.id,
    ...line,
    group: image.group,
    facts: image.facts,
    source: {
      ...placeOf(slice),
      depth,
      ...(previous !== undefined && { previous: placeOf(previous) }),
      ...(next !== undefined && { next: placeOf(next) }),
    } as unknown as DatasetItem["source"],
  };
}

function placeOf({ image, frame }: Slice): FramePlace {
  return { ...image.place, frame: frame.frame };
}

function labelByPlace({ path, label }: IndexedImage, options: DicomOptions): { label?: string } {
  const folders = path.split("/").slice(0, -1);
  const own = options.label === "folder" ? folders.at(-1) : options.label === "top-folder" ? folders[0] : label;
  return own === undefined ? {} : { label: own };
}

function channelsOf(images: readonly IndexedImage[], { neighbours }: DicomOptions): readonly string[] {
  if (neighbours === 1) return ["previous", "this", "next"];
  return images.some(({ colour }) => colour) ? ["red", "green", "blue"] : ["gray"];
}

function nothingToRead({ path }: DicomOptions, skipped: readonly Skipped[], read: readonly ReadImage[]): LejepaError {
  const left = skipped.slice(0, 4).map(({ count, reason }) => `${count} ${reason}`);
  const kinds = new Set(read.map((result) => ("includable" in result ? result.includable : undefined)));
  const include = [...kinds].filter((kind) => kind !== undefined);
  return new LejepaError({
    code: "E_DATA",
    where: `dataset dicom: ${path}`,
    expected: "DICOM images",
    got: left.length === 0 ? "an empty folder" : `none, but ${left.join("; ")}`,
    hint: include.length === 0 ? undefined : `Use them with the option include: ${JSON.stringify(include)}.`,
  });
}
