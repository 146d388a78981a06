/**
 * Images in Parquet files, as Hugging Face datasets have them: a column of encoded files, as bytes or as a struct of
 * `bytes` and `path`. Rows are found by number; a row group is read once and kept while its rows are asked for.
 */
import { stat } from "node:fs/promises";
import { splitsOfFiles, type HashGroup, type Labelled } from "./layout.ts";
import type { FolderOptions } from "./options.ts";
import { columnNames, openParquet, readBytes, readParquetTable, type Parquet } from "./parquet.ts";
import { findPlaceColumns, readPlace, tableProblem } from "./table.ts";

/** Where an image lies in a Parquet file. */
export interface RowSource {
  readonly path: string;
  readonly row: number;
  readonly column: string;
}

/** An image with what is known of it. */
export interface ParquetImage extends Labelled {
  readonly source: RowSource;
}

/** A file with images: its path, and what it is called in messages and ids. */
export interface ImageFile {
  readonly path: string;
  readonly name: string;
}

/**
 * Lists the rows of the files; only the columns for class, group and split are read.
 *
 * @throws LejepaError E_DATA for a damaged file, a missing column, an unknown split
 */
export async function indexParquet(
  files: readonly ImageFile[],
  options: FolderOptions,
  { hashGroup, signal }: { readonly hashGroup: HashGroup; readonly signal: AbortSignal | undefined },
): Promise<ParquetImage[]> {
  const splits = splitsOfFiles(
    files.map(({ name }) => name),
    options.splits,
  );
  const images: ParquetImage[] = [];
  for (const [i, { path, name }] of files.entries()) {
    signal?.throwIfAborted();
    const parquet = await openParquet(path, name);
    const column = imageColumn(parquet, options);
    const split = splits[i];
    const header = columnNames(parquet);
    const hint = ", or set label: none";
    const wanted = findPlaceColumns({ file: name, header }, options, hint);
    const names = [wanted.label, wanted.group, wanted.split].flatMap((at) => header[at ?? -1] ?? []);
    const table = await readParquetTable(parquet, names);
    const columns = findPlaceColumns(table, options, hint);
    const classes = classNames(parquet, columns.label === undefined ? undefined : table.header[columns.label]);
    for (let row = 0; row < parquet.rows; row++) {
      const place = readPlace(table, row, columns, hashGroup);
      images.push({
        path: `${name}/${row}`,
        ...(split !== undefined && { split }),
        ...place,
        ...(place.label !== undefined && { label: classes?.[Number(place.label)] ?? place.label }),
        source: { path, row, column },
      });
    }
  }
  return images;
}

/** The column with the images: the one named, or the only one that can be it. */
function imageColumn({ schema, file }: Parquet, { columns }: FolderOptions): string {
  const binary = schema.children.filter(({ element, children }) =>
    children.length > 0
      ? children.some((child) => child.element.name === "bytes")
      : element.type === "BYTE_ARRAY" && element.converted_type === undefined && element.logical_type === undefined,
  );
  const names = binary.map(({ element }) => element.name);
  const found = columns.image ?? (names.length === 1 ? names[0] : names.find((name) => name === "image"));
  if (found !== undefined && names.includes(found)) return found;
  const all = schema.children.map(({ element }) => element.name);
  throw tableProblem(file, {
    expected: `a column ${columns.image === undefined ? "" : `${JSON.stringify(columns.image)} `}of images (bytes, or a struct with bytes)`,
    got: `${names.length === 0 ? "none" : `those of bytes ${names.join(", ")}`} of the columns ${all.join(", ")}`,
    hint:
      names.length === 0
        ? "For a table of paths give the folder of the images as path and this file as labels."
        : "Name it in the option columns.image.",
  });
}

// Hugging Face keeps the names of the classes beside the numbers
function classNames({ metadata }: Parquet, label: string | undefined): readonly string[] | undefined {
  const text = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined || label === undefined) return undefined;
  try {
    const { info } = JSON.parse(text) as { info?: { features?: Record<string, { names?: unknown }> } };
    const names = info?.features?.[label]?.names;
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
  } catch {
    return undefined;
  }
}

// more than this is not kept in memory at once: a writer's choice that makes random access useless
const largestGroup = 1 << 30;

interface Group {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly rows: Promise<unknown[]>;
}

let opened: { readonly key: string; readonly parquet: Promise<Parquet> } | undefined;
let group: Group | undefined;

/**
 * The encoded file in a row.
 *
 * @throws Error for an empty cell, a damaged file, a row group of more than 1 GiB
 */
export async function readRow({ path, row, column }: RowSource): Promise<Uint8Array> {
  const { size, mtimeMs } = await stat(path);
  const key = JSON.stringify([path, size, mtimeMs]);
  if (opened?.key !== key) opened = { key, parquet: openParquet(path, "the file") };
  const parquet = await opened.parquet;
  const groupKey = `${key} ${column}`;
  if (group?.key !== groupKey || row < group.start || row >= group.end) {
    const range = groupOf(parquet, row, column);
    group = {
      key: groupKey,
      ...range,
      rows: readBytes(parquet, column, { rowStart: range.start, rowEnd: range.end }),
    };
  }
  const { rows, start } = group;
  const cell = (await rows)[row - start];
  const bytes = cell instanceof Uint8Array ? cell : (cell as { bytes?: unknown } | null | undefined)?.bytes;
  if (bytes instanceof Uint8Array && bytes.length > 0) return bytes;
  throw new TypeError("has no image in its row");
}

function groupOf({ metadata }: Parquet, row: number, column: string): { start: number; end: number } {
  let start = 0;
  for (const { num_rows, columns } of metadata.row_groups) {
    const end = start + Number(num_rows);
    if (row < end) {
      const bytes = columns
        .filter(({ meta_data }) => meta_data?.path_in_schema[0] === column)
        .reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
      if (bytes > largestGroup)
        throw new RangeError("has row groups of more than 1 GiB; write it again with some 1000 rows in each");
      return { start, end };
    }
    start = end;
  }
  throw new RangeError(`has no row ${row}`);
}
