/**
 * Writes a store's files into a folder: rows in any order, gaps closed at the end. Until then a journal says which rows are
 * there, so that a build that is cut off loses little. Knows nothing of decoding, and publishes nothing.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DecodeTarget, PixelType } from "@lejepa/contracts";
import type { DecodedImage } from "./decode-items.ts";
import { readFully, writeFully } from "./file-bytes.ts";
import { createJournal } from "./journal.ts";
import { npyHeader } from "./npy.ts";
import { pixelTypes } from "./pixels.ts";
import { storeFiles, type StoredFailure, type StoredIndex } from "./stored-index.ts";

/** An item to be stored: its id and fingerprint. */
export interface WriterItem {
  readonly id: string;
  readonly fingerprint: string;
}

/** What a writer is made for. */
export interface StoreWriterOptions {
  readonly dataset: string;
  readonly items: readonly WriterItem[];
  readonly target: DecodeTarget;
}

/** Takes rows until `finish`. */
export interface StoreWriter {
  /** The pixel type of the rows; `undefined` before the first. */
  readonly dtype: PixelType | undefined;
  /** Rows written so far. */
  readonly written: number;
  /** Stores the image of item `position`. The first row fixes the pixel type. */
  write(position: number, image: DecodedImage): void;
  fail(position: number, reason: string): void;
  /** Closes the gaps that failed items left, writes the index and flushes. Returns the failures. */
  finish(): readonly StoredFailure[];
  /** Closes the files; what was not finished can be read by `openUnfinished`. */
  close(): void;
}

const copyBytes = 4 << 20;
export const headerBytes = npyHeader("uint8", [1, 1, 1, 1]).length;

/** Starts a store of the given items in `folder`. */
export function createStoreWriter(folder: string, options: StoreWriterOptions): StoreWriter {
  return new FolderWriter(folder, options);
}

class FolderWriter implements StoreWriter {
  readonly #folder: string;
  readonly #options: StoreWriterOptions;
  readonly #images: number;
  readonly #present: Uint8Array;
  readonly #failures = new Map<number, StoredFailure>();
  readonly #notes = new Map<string, number[]>();
  readonly #spacings = new Map<number, readonly [number, number]>();
  /** Positions with invalid pixels. */
  readonly #masked = new Set<number>();
  readonly #journal: ReturnType<typeof createJournal>;
  #masks: number | undefined;
  #closed = false;
  dtype: PixelType | undefined;
  written = 0;

  constructor(folder: string, options: StoreWriterOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#images = openSync(join(folder, storeFiles.images), "w+");
    this.#present = new Uint8Array(options.items.length);
    this.#journal = createJournal(folder);
  }

  write(position: number, { pixels, dtype, mask, spacing, note }: DecodedImage): void {
    this.dtype ??= dtype;
    writeFully(this.#images, pixels, headerBytes + position * this.#rowBytes);
    if (mask !== undefined) {
      this.#masks ??= openSync(join(this.#folder, storeFiles.masks), "w+");
      writeFully(this.#masks, mask, headerBytes + position * this.#maskBytes);
      this.#masked.add(position);
    }
    if (spacing !== undefined) this.#spacings.set(position, spacing);
    if (note !== undefined) this.#addNote(position, note);
    this.#present[position] = 1;
    this.written += 1;
    const { fingerprint } = this.#options.items[position] as WriterItem;
    this.#journal.add({ fingerprint, position, dtype, masked: mask !== undefined, spacing, note });
  }

  #addNote(position: number, note: string): void {
    const positions = this.#notes.get(note);
    if (positions === undefined) this.#notes.set(note, [position]);
    else positions.push(position);
  }

  fail(position: number, reason: string): void {
    this.#failures.set(position, { ...(this.#options.items[position] as WriterItem), reason });
  }

  finish(): readonly StoredFailure[] {
    const { dataset, items, target } = this.#options;
    const type = this.dtype ?? "uint8";
    const rows = [...this.#present.keys()].filter((position) => this.#present[position] === 1);
    const shape = [rows.length, target.size, target.size, target.channels] as const;
    closeGaps(this.#images, rows, this.#rowBytes);
    seal(this.#images, npyHeader(type, shape), rows.length * this.#rowBytes);
    this.#finishMasks(rows);
    const failures = [...this.#failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);
    const rowOf = new Map(rows.map((position, row) => [position, row]));
    const toRows = (positions: readonly number[]): number[] =>
      positions.map((position) => rowOf.get(position) as number).sort((a, b) => a - b);
    const index: StoredIndex = {
      format: "lejepa/image-store",
      version: 2,
      dataset,
      dtype: type,
      shape,
      masked: this.#masks !== undefined,
      ids: rows.map((position) => (items[position] as WriterItem).id),
      fingerprints: rows.map((position) => (items[position] as WriterItem).fingerprint),
      spacing: this.#spacings.size === 0 ? null : rows.map((position) => this.#spacings.get(position) ?? null),
      failures,
      notes: Object.fromEntries([...this.#notes].sort().map(([note, positions]) => [note, toRows(positions)])),
    };
    writeFileSync(join(this.#folder, storeFiles.index), JSON.stringify(index));
    this.#journal.close();
    rmSync(this.#journal.file);
    return failures;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#journal.close();
    closeSync(this.#images);
    if (this.#masks !== undefined) closeSync(this.#masks);
  }

  get #maskBytes(): number {
    return this.#options.target.size ** 2;
  }

  get #rowBytes(): number {
    return this.#maskBytes * this.#options.target.channels * pixelTypes[this.dtype ?? "uint8"].bytes;
  }

  // rows without a mask of their own are valid everywhere
  #finishMasks(rows: readonly number[]): void {
    if (this.#masks === undefined) return;
    const { size } = this.#options.target;
    const valid = new Uint8Array(this.#maskBytes).fill(1);
    for (const position of rows) {
      if (!this.#masked.has(position)) writeFully(this.#masks, valid, headerBytes + position * valid.length);
    }
    closeGaps(this.#masks, rows, valid.length);
    seal(this.#masks, npyHeader("uint8", [rows.length, size, size]), rows.length * valid.length);
  }
}

/** Header and length of a file whose rows are all there. */
function seal(handle: number, header: Uint8Array, bytes: number): void {
  ftruncateSync(handle, header.length + bytes);
  writeFully(handle, header, 0);
  fsyncSync(handle);
}

/** Moves rows down in place, from their ascending positions to the rows 0, 1, ... */
function closeGaps(handle: number, positions: readonly number[], rowBytes: number): void {
  const runRows = Math.max(1, Math.floor(copyBytes / rowBytes));
  const buffer = new Uint8Array(runRows * rowBytes);
  for (let row = 0; row < positions.length; ) {
    const from = positions[row] as number;
    let run = 1;
    while (run < runRows && positions[row + run] === from + run) run += 1;
    if (from !== row) {
      const bytes = buffer.subarray(0, run * rowBytes);
      readFully(handle, bytes, headerBytes + from * rowBytes);
      writeFully(handle, bytes, headerBytes + row * rowBytes);
    }
    row += run;
  }
}
