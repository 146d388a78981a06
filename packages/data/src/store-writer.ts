/**
 * Writes a store's two files into a folder: rows in any order, gaps closed at the end. Knows nothing of decoding, and
 * publishes nothing.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DecodeTarget, PixelType } from "@lejepa/contracts";
import { npyHeader } from "./npy.ts";
import { pixelTypes } from "./pixels.ts";
import { storeFiles, type StoredFailure, type StoredIndex } from "./stored-index.ts";

/** An item to be stored: its id and fingerprint. */
export interface WriterItem {
  readonly id: string;
  readonly fingerprint: string;
}

/** Takes rows until `finish`. */
export interface StoreWriter {
  /** The pixel type of the rows; `undefined` before the first. */
  readonly dtype: PixelType | undefined;
  /** Rows written so far. */
  readonly written: number;
  /** Stores the pixels of item `position`. The first row fixes the pixel type. */
  write(position: number, pixels: Uint8Array, dtype: PixelType, note?: string): void;
  fail(position: number, reason: string): void;
  /** Closes the gaps that failed items left, writes the index and flushes. Returns the failures. */
  finish(): readonly StoredFailure[];
  /** Closes the file. */
  close(): void;
}

const copyBytes = 4 << 20;

/** Starts a store of the given items in `folder`. */
export function createStoreWriter(
  folder: string,
  {
    dataset,
    items,
    target,
  }: { readonly dataset: string; readonly items: readonly WriterItem[]; readonly target: DecodeTarget },
): StoreWriter {
  const { size, channels } = target;
  const handle = openSync(join(folder, storeFiles.images), "w+");
  const present = new Uint8Array(items.length);
  const failures = new Map<number, StoredFailure>();
  const notes = new Map<string, number[]>();
  let dtype: PixelType | undefined;
  let written = 0;
  const headerBytes = npyHeader("uint8", [items.length, size, size, channels]).length;
  const rowBytes = (type: PixelType): number => size * size * channels * pixelTypes[type].bytes;

  return {
    get dtype() {
      return dtype;
    },
    get written() {
      return written;
    },
    write(position, pixels, type, note) {
      dtype ??= type;
      writeFully(handle, pixels, headerBytes + position * rowBytes(type));
      present[position] = 1;
      written += 1;
      if (note === undefined) return;
      if (!notes.has(note)) notes.set(note, []);
      notes.get(note)?.push(position);
    },
    fail(position, reason) {
      failures.set(position, { ...(items[position] as WriterItem), reason });
    },
    finish() {
      const type = dtype ?? "uint8";
      const rows = closeGaps(handle, { present, headerBytes, rowBytes: rowBytes(type) });
      const shape = [rows.length, size, size, channels] as const;
      ftruncateSync(handle, headerBytes + rows.length * rowBytes(type));
      writeFully(handle, npyHeader(type, shape), 0);
      fsyncSync(handle);
      const failed = [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);
      const rowOf = new Map(rows.map((position, row) => [position, row]));
      const index: StoredIndex = {
        format: "lejepa/image-store",
        version: 1,
        dataset,
        dtype: type,
        shape,
        ids: rows.map((position) => (items[position] as WriterItem).id),
        fingerprints: rows.map((position) => (items[position] as WriterItem).fingerprint),
        failures: failed,
        notes: Object.fromEntries(
          [...notes].map(([note, positions]) => [
            note,
            positions.map((position) => rowOf.get(position) as number).sort((a, b) => a - b),
          ]),
        ),
      };
      writeFileSync(join(folder, storeFiles.index), JSON.stringify(index));
      return failed;
    },
    close() {
      closeSync(handle);
    },
  };
}

interface Gaps {
  readonly present: Uint8Array;
  readonly headerBytes: number;
  readonly rowBytes: number;
}

// moves rows down in place; returns the position that each remaining row came from
function closeGaps(handle: number, { present, headerBytes, rowBytes }: Gaps): number[] {
  const rows: number[] = [];
  for (let position = 0; position < present.length; position++) if (present[position] === 1) rows.push(position);
  const runRows = Math.max(1, Math.floor(copyBytes / rowBytes));
  const buffer = new Uint8Array(runRows * rowBytes);
  for (let row = 0; row < rows.length; ) {
    const from = rows[row] as number;
    let run = 1;
    while (run < runRows && rows[row + run] === from + run) run += 1;
    if (from !== row) {
      const bytes = buffer.subarray(0, run * rowBytes);
      readFully(handle, bytes, headerBytes + from * rowBytes);
      writeFully(handle, bytes, headerBytes + row * rowBytes);
    }
    row += run;
  }
  return rows;
}

/** Writes all bytes at an offset (a single write may take fewer). */
function writeFully(handle: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done, bytes.length - done, offset + done);
}

/** Fills `bytes` from an offset; throws when the file ends before. */
export function readFully(handle: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(handle, bytes, done, bytes.length - done, offset + done);
    if (count === 0) throw new RangeError("the file is shorter than its header says");
    done += count;
  }
}
