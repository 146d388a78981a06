/**
 * Parquet files: their columns as text, and single rows of a binary column. What a row means is said elsewhere.
 */
import type { FileMetaData, SchemaTree } from "hyparquet";
import { tableProblem, type Table } from "./table.ts";

type Reader = Awaited<ReturnType<typeof loadReader>>;

/** An opened file: its footer is read, nothing is held open. */
export interface Parquet {
  /** As the user named it. */
  readonly file: string;
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  readonly rows: number;
}

async function loadReader() {
  const [{ compressors }, hyparquet] = await Promise.all([import("hyparquet-compressors"), import("hyparquet")]);
  return { compressors, ...hyparquet };
}

/**
 * Reads the footer.
 *
 * @param file what the file is called in messages
 * @throws LejepaError E_DATA for a file that is not there or is no Parquet file
 */
export async function openParquet(path: string, file: string): Promise<Parquet> {
  return tell({ path, file }, async ({ asyncBufferFromFile, parquetMetadataAsync, parquetSchema }) => {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
    return { file, path, metadata, schema: parquetSchema(metadata), rows: Number(metadata.num_rows) };
  });
}

/** Names of the columns. */
export function columnNames({ schema }: Parquet): string[] {
  return schema.children.map(({ element }) => element.name);
}

/**
 * The table of all columns that hold one text, number or truth value.
 *
 * @throws LejepaError E_DATA when the file is damaged
 */
export async function readParquetTable(parquet: Parquet, wanted?: readonly string[]): Promise<Table> {
  const scalar = parquet.schema.children.filter(({ children, element }) => children.length === 0 && element.type);
  const header = scalar.map(({ element }) => element.name).filter((name) => wanted?.includes(name) ?? true);
  const rows =
    header.length === 0
      ? Array.from({ length: parquet.rows }, () => [])
      : (await readRows(parquet, header, {})).map((row) => header.map((name) => textOf(row[name])));
  return { file: parquet.file, header, rows, unit: "row", first: 1 };
}

/** Some rows of some columns, binary columns as bytes. */
export async function readBytes(
  parquet: Parquet,
  column: string,
  range: { readonly rowStart: number; readonly rowEnd: number },
): Promise<unknown[]> {
  return (await readRows(parquet, [column], { ...range, utf8: false })).map((row) => row[column]);
}

function readRows(
  parquet: Parquet,
  columns: string[],
  more: { rowStart?: number; rowEnd?: number; utf8?: boolean },
): Promise<Record<string, unknown>[]> {
  return tell(parquet, async ({ asyncBufferFromFile, parquetReadObjects, compressors }) =>
    parquetReadObjects({
      file: await asyncBufferFromFile(parquet.path),
      metadata: parquet.metadata,
      columns,
      compressors,
      ...more,
    }),
  );
}

async function tell<T>(
  { path, file }: { path: string; file: string },
  run: (reader: Reader) => Promise<T>,
): Promise<T> {
  const reader = await loadReader();
  try {
    return await run(reader);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "no such file" : message.replaceAll(path, file).replace(/^parquet /, "");
    throw tableProblem(file, { expected: "a Parquet file that can be read", got, cause });
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value as string | number | bigint);
}
