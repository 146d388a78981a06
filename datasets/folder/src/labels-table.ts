/**
 * The table of labels, CSV or Parquet: which images belong to the dataset, with class, group and split. Every row must name
 * an image that is there, once; anything else is an error, because silently lost labels are worse.
 */
import { readFile } from "node:fs/promises";
import { extname, isAbsolute, relative, resolve } from "node:path";
import { nearest } from "@lejepa/contracts";
import type { HashGroup, Labelled } from "./layout.ts";
import type { FolderOptions } from "./options.ts";
import { openParquet, readParquetTable } from "./parquet.ts";
import { findColumn, findPlaceColumns, readPlace, tableProblem, type Table } from "./table.ts";

/** What the labels are read for. */
export interface LabelledImages {
  /** The folder, absolute. */
  readonly root: string;
  /** The images in it, relative. */
  readonly images: readonly string[];
  readonly hashGroup: HashGroup;
}

/**
 * Reads the file `options.labels`.
 *
 * @throws LejepaError E_DATA naming the file, the row and what is wrong
 */
export async function readLabels(
  { root, images, hashGroup }: LabelledImages,
  options: FolderOptions,
): Promise<Labelled[]> {
  const file = options.labels as string;
  const path = resolve(root, file);
  const isParquet = extname(file).toLowerCase() === ".parquet";
  const table = isParquet ? await readParquetTable(await openParquet(path, file)) : await readCsv(path, file);
  const pathColumn = findColumn(table, "path", { names: options.columns, required: true }) as number;
  const columns = findPlaceColumns(table, options);
  const known = new Set(images);
  const seen = new Map<string, number>();
  const unknown: { row: number; path: string }[] = [];
  const labelled = table.rows.map((cells, row): Labelled => {
    const image = relativePath(root, cells[pathColumn] ?? "");
    const earlier = seen.get(image);
    if (earlier !== undefined)
      throw tableProblem(file, {
        expected: "every image once",
        got: `${image} in ${table.unit}s ${table.first + earlier} and ${table.first + row}`,
      });
    seen.set(image, row);
    if (!known.has(image)) unknown.push({ row, path: image });
    return { path: image, ...readPlace(table, row, columns, hashGroup) };
  });
  if (unknown.length > 0) throw unknownPaths(table, unknown, images);
  return labelled;
}

async function readCsv(path: string, file: string): Promise<Table> {
  const [header, ...rows] = await parse(path, file);
  if (header === undefined)
    throw tableProblem(file, { expected: "a header line and a line for each image", got: "an empty file" });
  return { file, header, rows, unit: "line", first: 2 };
}

async function parse(path: string, file: string): Promise<string[][]> {
  const { parse: parseCsv } = await import("csv-parse/sync");
  try {
    const text = await readFile(path, "utf8");
    return parseCsv(text, {
      bom: true,
      delimiter: delimiterOf(text),
      trim: true,
      skip_empty_lines: true,
      relax_column_count: false,
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "no such file" : message;
    throw tableProblem(file, { expected: "a CSV file that can be read", got, cause });
  }
}

// spreadsheets in half of the world write semicolons
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  return [",", ";", "\t"].reduce((best, mark) => (header.split(mark).length > header.split(best).length ? mark : best));
}

function relativePath(root: string, cell: string): string {
  const path = cell.replaceAll("\\", "/");
  return relative(root, isAbsolute(path) ? path : resolve(root, path)).replaceAll("\\", "/");
}

function unknownPaths(
  { file, unit, first }: Table,
  unknown: readonly { row: number; path: string }[],
  images: readonly string[],
): Error {
  const [{ row, path }] = unknown as [{ row: number; path: string }];
  const name = path.slice(path.lastIndexOf("/") + 1);
  const similar =
    images.find((image) => image.endsWith(`/${name}`)) ?? (images.length < 10_000 ? nearest(path, images) : undefined);
  return tableProblem(file, {
    expected: "paths of images below the folder",
    got: `${unknown.length} unknown, the first in ${unit} ${first + row}: ${JSON.stringify(path)}`,
    ...(similar === undefined ? {} : { hint: `Did you mean ${JSON.stringify(similar)}?` }),
  });
}
