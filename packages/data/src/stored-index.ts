/**
 * `index.json` beside the images: which row is which item, what failed. Written once, before the folder is published;
 * a folder whose index or images do not fit together counts as absent.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PixelType } from "@lejepa/contracts";
import { parseNpyHeader } from "./npy.ts";
import { pixelTypes } from "./pixels.ts";

/** Names inside a store's folder. */
export const storeFiles = { images: "images.npy", masks: "masks.npy", index: "index.json" } as const;

/** An item that did not decode, as stored. */
export interface StoredFailure {
  readonly id: string;
  readonly fingerprint: string;
  readonly reason: string;
}

/** The contents of `index.json`. */
export interface StoredIndex {
  readonly format: "lejepa/image-store";
  readonly version: 2;
  readonly dataset: string;
  readonly dtype: PixelType;
  /** [rows, height, width, channels], as in `images.npy`. */
  readonly shape: readonly [number, number, number, number];
  /** Whether `masks.npy` is there: uint8 [rows, height, width], 1 where a pixel is valid. */
  readonly masked: boolean;
  /** Item of each row. */
  readonly ids: readonly string[];
  /** Fingerprint of each row. */
  readonly fingerprints: readonly string[];
  /** Size of a pixel in each row, [row, column]; null where unknown, or for the whole set. */
  readonly spacing: readonly (readonly [number, number] | null)[] | null;
  readonly failures: readonly StoredFailure[];
  /** Remarks of the decoder: the rows they apply to. */
  readonly notes: Readonly<Record<string, readonly number[]>>;
}

/** Reads the index of a store's folder; `undefined` when there is no whole store. */
export function readStoredIndex(folder: string): (StoredIndex & { readonly headerBytes: number }) | undefined {
  try {
    const index = JSON.parse(readFileSync(join(folder, storeFiles.index), "utf8")) as StoredIndex;
    if (index.format !== "lejepa/image-store" || index.version !== 2) return undefined;
    const [rows, height, width] = index.shape;
    const headerBytes = checkArray(join(folder, storeFiles.images), index.dtype, index.shape);
    const masks = !index.masked || checkArray(join(folder, storeFiles.masks), "uint8", [rows, height, width]);
    return headerBytes === undefined || masks === undefined ? undefined : { ...index, headerBytes };
  } catch {
    return undefined;
  }
}

// header and length must be what the index says
function checkArray(file: string, dtype: PixelType, shape: readonly number[]): number | undefined {
  const handle = openSync(file, "r");
  try {
    const bytes = new Uint8Array(128);
    readSync(handle, bytes, 0, bytes.length, 0);
    const header = parseNpyHeader(bytes);
    if (header === undefined || header.dtype !== dtype || header.shape.join() !== shape.join()) return undefined;
    const values = shape.reduce((product, size) => product * size, 1);
    return statSync(file).size === header.headerBytes + values * pixelTypes[dtype].bytes
      ? header.headerBytes
      : undefined;
  } finally {
    closeSync(handle);
  }
}
