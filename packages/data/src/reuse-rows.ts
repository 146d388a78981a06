/**
 * Takes decoded rows from earlier caches of the same dataset: adding one image to a thousand decodes one, and a build that was
 * cut off goes on where it was. Looks at what unfinished builds left, and at the newest finished one.
 */
import { closeSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PixelType } from "@lejepa/contracts";
import { readFully } from "./file-bytes.ts";
import { readJournal } from "./journal.ts";
import { pixelTypes } from "./pixels.ts";
import { abandonedFolders } from "./publish.ts";
import { headerBytes, type StoreWriter } from "./store-writer.ts";
import { readStoredIndex, storeFiles, type StoredIndex } from "./stored-index.ts";

interface ReuseOptions {
  /** The folder that holds the caches of this dataset, options and target. */
  readonly family: string;
  /** Elements of a row, and pixels of its mask. */
  readonly rowElements: number;
  readonly rowPixels: number;
  /** Fingerprint of each position. */
  readonly fingerprints: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Rows of another folder, by fingerprint. */
interface Source {
  readonly folder: string;
  readonly rows: ReadonlyMap<string, SourceRow>;
}

interface SourceRow {
  /** Place in the files, in rows. */
  readonly row: number;
  readonly dtype: PixelType;
  readonly masked: boolean;
  readonly spacing?: readonly [number, number] | undefined;
  readonly note?: string | undefined;
}

/** Copies the rows that earlier caches have; returns their positions. Removes what abandoned builds had left. */
export function copyKnownRows(writer: StoreWriter, options: ReuseOptions): ReadonlySet<number> {
  const copied = new Set<number>();
  const abandoned = abandonedFolders(options.family);
  for (const folder of abandoned) {
    const source = unfinishedSource(folder);
    if (source !== undefined) copyFrom(source, writer, options, copied);
  }
  const finished = newestStore(options.family);
  if (finished !== undefined) copyFrom(finished, writer, options, copied);
  for (const folder of abandoned) rmSync(folder, { recursive: true, force: true });
  return copied;
}

function copyFrom(
  { folder, rows }: Source,
  writer: StoreWriter,
  { fingerprints, rowElements, rowPixels, signal }: ReuseOptions,
  copied: Set<number>,
): void {
  const images = openSync(join(folder, storeFiles.images), "r");
  const masked = [...rows.values()].some((row) => row.masked);
  const masks = masked ? openSync(join(folder, storeFiles.masks), "r") : undefined;
  try {
    for (const [position, fingerprint] of fingerprints.entries()) {
      const known = rows.get(fingerprint);
      if (known === undefined || copied.has(position)) continue;
      if (writer.dtype !== undefined && known.dtype !== writer.dtype) continue;
      signal?.throwIfAborted();
      const pixels = new Uint8Array(rowElements * pixelTypes[known.dtype].bytes);
      readFully(images, pixels, headerBytes + known.row * pixels.length);
      const mask = masks === undefined || !known.masked ? undefined : new Uint8Array(rowPixels);
      if (mask !== undefined) readFully(masks as number, mask, headerBytes + known.row * rowPixels);
      const { dtype, spacing, note } = known;
      writer.write(position, {
        pixels,
        dtype,
        ...(mask?.includes(0) && { mask }),
        ...(spacing !== undefined && { spacing }),
        ...(note !== undefined && { note }),
      });
      copied.add(position);
    }
  } finally {
    closeSync(images);
    if (masks !== undefined) closeSync(masks);
  }
}

function unfinishedSource(folder: string): Source | undefined {
  const journal = readJournal(folder);
  if (journal === undefined || journal.length === 0) return undefined;
  return {
    folder,
    rows: new Map(journal.map(({ fingerprint, position, ...row }) => [fingerprint, { row: position, ...row }])),
  };
}

function newestStore(family: string): Source | undefined {
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
    if (index !== undefined) return { folder, rows: rowsOf(index) };
  }
  return undefined;
}

function rowsOf({ fingerprints, notes, spacing, dtype, masked }: StoredIndex): Map<string, SourceRow> {
  const noteOf = new Map(Object.entries(notes).flatMap(([note, rows]) => rows.map((row) => [row, note] as const)));
  return new Map(
    fingerprints.map((fingerprint, row) => [
      fingerprint,
      { row, dtype, masked, note: noteOf.get(row), spacing: spacing?.[row] ?? undefined },
    ]),
  );
}
