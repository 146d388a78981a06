/**
 * Random access to a published store. The file is read row by row; the operating system's page cache is the only cache,
 * so memory stays bounded whatever the size of the dataset.
 */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { LejepaError, type DatasetItem, type PixelArray, type PixelType, type Skipped } from "@lejepa/contracts";
import { hashList } from "./fingerprint.ts";
import { bytesOf, pixelTypes } from "./pixels.ts";
import { readFully } from "./file-bytes.ts";
import { readStoredIndex, storeFiles, type StoredIndex } from "./stored-index.ts";
import type { DecodeFailure, ImageStore } from "./types.ts";

/** What the present index of the dataset adds to the stored pixels. */
export interface Listing {
  /** Every item now listed; those without a row are left out. */
  readonly items: readonly DatasetItem[];
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
  /** Items that never came to be decoded. */
  readonly failures: readonly DecodeFailure[];
  readonly channelNames?: readonly string[] | undefined;
  readonly range?: readonly [number, number] | undefined;
}

/**
 * Opens the store in `folder`. Labels, groups and splits come from the listing, so changing them decodes nothing.
 *
 * @throws LejepaError E_IO when the folder holds no whole store or cannot be read
 */
export function openStore(folder: string, listing: Listing): ImageStore {
  const index = readStoredIndex(folder);
  const imagesFile = join(folder, storeFiles.images);
  if (index === undefined) {
    throw new LejepaError({
      code: "E_IO",
      where: folder,
      expected: "a whole image store",
      got: "a missing or damaged one",
    });
  }
  const { dtype, shape, headerBytes, spacing } = index;
  const [count, height, width, channels] = shape;
  const rowElements = height * width * channels;
  const items = itemsOfRows(index, listing.items);
  const range = listing.range ?? pixelTypes[dtype].range;
  const images = openArray(imagesFile, { count, headerBytes, rowElements, dtype });
  const masksFile = index.masked ? join(folder, storeFiles.masks) : undefined;
  const maskForm = { count, headerBytes, rowElements: height * width, dtype: "uint8" } as const;
  const masks = masksFile === undefined ? undefined : openArray(masksFile, maskForm);
  return {
    count,
    height,
    width,
    channels,
    dtype,
    rowElements,
    ...(range !== undefined && { range }),
    ...(listing.channelNames !== undefined && { channelNames: listing.channelNames }),
    items,
    ...labelItems(items),
    fingerprint: fingerprintOf(index, items),
    failures: [...listing.failures, ...index.failures.map(({ id, reason }) => ({ id, reason }))],
    skipped: listing.skipped,
    warnings: listing.warnings,
    notes: Object.fromEntries(Object.entries(index.notes).map(([note, rows]) => [note, rows.length])),
    imagesFile,
    ...(masksFile !== undefined && { masksFile }),
    ...(spacing !== null && { spacing }),
    headerBytes,
    read: images.read,
    readMasks: (rows) =>
      (masks?.read(rows) as Uint8Array | undefined) ?? new Uint8Array(rows.length * height * width).fill(1),
    close() {
      images.close();
      masks?.close();
    },
  };
}

// groups by their number: their names may be pseudonyms, which depend on a key
function fingerprintOf({ fingerprints }: StoredIndex, items: readonly DatasetItem[]): string {
  const numbers = new Map<string | undefined, number>();
  const numberOf = (group: string | undefined): number => {
    if (!numbers.has(group)) numbers.set(group, numbers.size);
    return numbers.get(group) as number;
  };
  return hashList(
    items.map(({ label, group, split, place }, row) =>
      JSON.stringify([
        fingerprints[row],
        label,
        group === undefined ? null : numberOf(group),
        split,
        ...(place === undefined ? [] : [place]),
      ]),
    ),
  );
}

function itemsOfRows({ ids }: StoredIndex, listed: readonly DatasetItem[]): DatasetItem[] {
  const byId = new Map(listed.map((item) => [item.id, item]));
  return ids.map((id) => byId.get(id) as DatasetItem);
}

function labelItems(items: readonly DatasetItem[]): { classes: readonly string[]; labels: Int32Array } {
  const classes = [...new Set(items.flatMap(({ label }) => (label === undefined ? [] : [label])))].sort();
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return {
    classes,
    labels: Int32Array.from(items, ({ label }) => (label === undefined ? -1 : (numbers.get(label) as number))),
  };
}

function openHandle(file: string): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    throw new LejepaError({ code: "E_IO", where: file, problem: `cannot be read: ${(cause as Error).message}`, cause });
  }
}

interface ArrayForm {
  readonly count: number;
  readonly headerBytes: number;
  readonly rowElements: number;
  readonly dtype: PixelType;
}

function openArray(
  file: string,
  { headerBytes, count, rowElements, dtype }: ArrayForm,
): Pick<ImageStore, "read" | "close"> {
  const handle = openHandle(file);
  let open = true;
  const { bytes: elementBytes, view } = pixelTypes[dtype];
  const read = (rows: ArrayLike<number>, out?: PixelArray): PixelArray => {
    const pixels = out ?? view(new ArrayBuffer(rows.length * rowElements * elementBytes));
    checkRead({ open, rows, count, room: pixels.length, needed: rows.length * rowElements });
    const bytes = bytesOf(pixels);
    const rowBytes = rowElements * elementBytes;
    try {
      for (let i = 0; i < rows.length; i++) {
        readFully(
          handle,
          bytes.subarray(i * rowBytes, (i + 1) * rowBytes),
          headerBytes + (rows[i] as number) * rowBytes,
        );
      }
    } catch (cause) {
      throw new LejepaError({
        code: "E_IO",
        where: file,
        problem: `cannot be read: ${(cause as Error).message}`,
        cause,
      });
    }
    return pixels;
  };
  const close = (): void => {
    if (open) closeSync(handle);
    open = false;
  };
  return { read, close };
}

interface ReadRequest {
  readonly open: boolean;
  readonly rows: ArrayLike<number>;
  readonly count: number;
  readonly room: number;
  readonly needed: number;
}

function checkRead({ open, rows, count, room, needed }: ReadRequest): void {
  const refuse = (expected: string, got: string): LejepaError =>
    new LejepaError({ code: "E_USAGE", where: "ImageStore.read", expected, got });
  if (!open) throw refuse("an open store", "a closed one");
  if (room < needed) throw refuse(`room for ${needed} values`, String(room));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (!(Number.isInteger(row) && row >= 0 && row < count)) throw refuse(`rows in 0 .. ${count - 1}`, String(row));
  }
}
