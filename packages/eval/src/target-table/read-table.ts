// A CSV or Parquet file as rows of text. What the columns mean is said elsewhere.
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { LejepaError } from "@lejepa/contracts";

/** Cells as text, with what a row is called in messages. */
export interface TextTable {
  /** Name of the file, without its folder. */
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** `line 7` of a CSV file, `row 6` of a Parquet file. */
  place(row: number): string;
}

/**
 * Reads a table: Parquet by its extension, else CSV with commas, semicolons or tabs and a header line.
 *
 * @throws LejepaError E_DATA for a file that is missing, damaged, ragged or without rows
 */
export async function readTable(path: string): Promise<TextTable> {
  const file = basename(path);
  const table = extname(path).toLowerCase() === ".parquet" ? await readParquet(path, file) : await readCsv(path, file);
  if (table.rows.length > 0) return table;
  throw tableError(file, { expected: "a header and a row for each image", got: "no rows" });
}

/** The error of a wrong table. No cell is ever quoted: it may be about a person. */
export const tableError = (
  file: string,
  parts: {
    readonly expected: string;
    readonly got: string;
    readonly hint?: string | undefined;
    readonly cause?: unknown;
  },
): LejepaError => new LejepaError({ code: "E_DATA", where: `targets ${file}`, ...parts });

async function readCsv(path: string, file: string): Promise<TextTable> {
  const { parse } = await import("csv-parse/sync");
  let records: { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    const text = await readFile(path, "utf8");
    const options = {
      bom: true,
      delimiter: delimiterOf(text),
      trim: true,
      skip_empty_lines: true,
      info: true,
    } as const;
    records = parse(text, options) as unknown as typeof records;
  } catch (cause) {
    throw tableError(file, { expected: "a CSV file that can be read", got: reasonOf(cause), cause });
  }
  const [header = { record: [] }, ...rows] = records;
  return {
    file,
    header: header.record,
    rows: rows.map(({ record }) => record),
    // where the record ends: the same line unless a cell holds line breaks
    place: (row) => `line ${rows[row]?.info.lines ?? row + 2}`,
  };
}

// spreadsheets in half of the world write semicolons
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  return [",", ";", "\t"].reduce((best, mark) => (header.split(mark).length > header.split(best).length ? mark : best));
}

async function readParquet(path: string, file: string): Promise<TextTable> {
  const [{ compressors }, hyparquet] = await Promise.all([import("hyparquet-compressors"), import("hyparquet")]);
  try {
    const buffer = await hyparquet.asyncBufferFromFile(path);
    const metadata = await hyparquet.parquetMetadataAsync(buffer);
    const { children } = hyparquet.parquetSchema(metadata);
    const header = children
      .filter(({ children: parts, element }) => parts.length === 0 && element.type !== undefined)
      .map(({ element }) => element.name);
    const objects = await hyparquet.parquetReadObjects({ file: buffer, metadata, columns: header, compressors });
    const rows = objects.map((object) => header.map((name) => textOf(object[name])));
    return { file, header, rows, place: (row) => `row ${row + 1}` };
  } catch (cause) {
    throw tableError(file, { expected: "a Parquet file that can be read", got: reasonOf(cause), cause });
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value as string | number | bigint);
}

// messages of the libraries may quote cells and folders; what they complain of is in their codes
function reasonOf(cause: unknown): string {
  const { code, lines } = cause as { readonly code?: string; readonly lines?: number };
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  const words = code === undefined ? "something else" : code.replace(/^CSV_/, "").replaceAll("_", " ").toLowerCase();
  return lines === undefined ? words : `${words} in line ${lines}`;
}
