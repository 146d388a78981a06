/**
 * Takes decoded rows from an earlier cache of the same dataset: adding one image to a thousand decodes one. Only the newest
 * earlier cache is looked at.
 */
import { closeSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pixelTypes } from "./pixels.ts";
import { readFully, type StoreWriter } from "./store-writer.ts";
import { readStoredIndex, storeFiles, type StoredIndex } from "./stored-index.ts";

interface ReuseOptions {
  /** The folder that holds the caches of this dataset, options and target. */
  readonly family: string;
  /** Fingerprint of each position. */
  readonly fingerprints: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Copies the rows that the newest earlier cache has; returns their positions. */
export function copyKnownRows(
  writer: StoreWriter,
  { family, fingerprints, signal }: ReuseOptions,
): ReadonlySet<number> {
  const copied = new Set<number>();
  const earlier = newestStore(family);
  if (earlier === undefined) return copied;
  const { folder, index } = earlier;
  const rows = new Map(index.fingerprints.map((fingerprint, row) => [fingerprint, row]));
  const noteOf = notesByRow(index);
  const [, height, width, channels] = index.shape;
  const buffer = new Uint8Array(height * width * channels * pixelTypes[index.dtype].bytes);
  const handle = openSync(join(folder, storeFiles.images), "r");
  try {
    for (const [position, fingerprint] of fingerprints.entries()) {
      const row = rows.get(fingerprint);
      if (row === undefined) continue;
      signal?.throwIfAborted();
      readFully(handle, buffer, index.headerBytes + row * buffer.length);
      writer.write(position, buffer, index.dtype, noteOf.get(row));
      copied.add(position);
    }
  } finally {
    closeSync(handle);
  }
  return copied;
}

function newestStore(
  family: string,
): { folder: string; index: StoredIndex & { readonly headerBytes: number } } | undefined {
  const stores = readdirSync(family)
    .filter((name) => !name.startsWith("."))
    .map((name) => join(family, name))
    .flatMap((folder) => {
      const modified = statSync(join(folder, storeFiles.index), { throwIfNoEntry: false })?.mtimeMs;
      return modified === undefined ? [] : [{ folder, modified }];
    })
    .sort((a, b) => b.modified - a.modified);
  for (const { folder } of stores) {
    const index = readStoredIndex(folder);
    if (index !== undefined) return { folder, index };
  }
  return undefined;
}

function notesByRow({ notes }: StoredIndex): Map<number, string> {
  return new Map(Object.entries(notes).flatMap(([note, rows]) => rows.map((row) => [row, note] as const)));
}
