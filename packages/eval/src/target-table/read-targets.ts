// Labels or numbers to predict from a table beside the images, checked before anything is computed on them. Cells are never
// quoted in a message: they may be about a person.
import { type DatasetItem, LejepaError, nearest } from "@lejepa/contracts";
import { matrix } from "../matrix.ts";
import type { Targets } from "../targets.ts";
import { type Matches, matchItems } from "./match-items.ts";
import { readTable, tableError, type TextTable } from "./read-table.ts";

/** Tasks whose targets come as columns of a table. */
export const tableTasks = ["multilabel", "regression"] as const;

/** Name of such a task. */
export type TableTask = (typeof tableTasks)[number];

/** What {@link readTargets} is asked for. */
export interface TargetTableOptions {
  /** Images, in the order that the targets are to have. */
  readonly items: readonly DatasetItem[];
  /** Absent: `multilabel` when every value is 0 or 1, else `regression`. */
  readonly task?: TableTask | undefined;
  /** Names of the columns to predict; absent: all but the one of ids. */
  readonly columns?: readonly string[] | undefined;
  /** Absent: `id`, `path`, `file`, `filename` or `image`, whichever is there first. */
  readonly idColumn?: string | undefined;
}

/** Targets of a table. */
export interface TableTargets {
  readonly targets: Extract<Targets, { readonly task: TableTask }>;
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}

const idNames = ["id", "path", "file", "filename", "image"];
const missing = new Set(["", "na", "n/a", "nan", "null"]);

/**
 * Reads the targets of images from a CSV or Parquet file. Rows are matched by id or file name (`matchItems`). Empty cells, NA,
 * NaN and null are unknown, and so is everything of an image without a row. `true` and `false` are 1 and 0.
 *
 * @throws LejepaError E_USAGE for an unknown column; E_DATA for rows that fit no image, cells that are no number, a column
 *   without values or with a single one, and values that contradict the task
 */
export async function readTargets(path: string, options: TargetTableOptions): Promise<TableTargets> {
  const { items, task: asked } = options;
  const table = await readTable(path);
  const id = idColumnOf(table, options.idColumn);
  const columns = columnsOf(table, options.columns, id);
  const matches = matchItems(items, table, id);
  const values = valuesOf(table, columns, matches);
  const classes = columns.map((column) => table.header[column] as string);
  const task = taskOf(table, values, asked);
  for (const [j, column] of columns.entries())
    checkColumn(table, { column, task, values: columnOf(values, j, classes) });
  const targets = { task, classes, values: matrix(values, items.length, classes.length) };
  const { unused } = matches;
  return {
    targets,
    notes: unused === 0 ? [] : [`${unused} of ${table.rows.length} rows of ${table.file} fit no image`],
  };
}

function idColumnOf(table: TextTable, asked: string | undefined): number {
  if (asked !== undefined) return findColumn(table, asked, "--id-column");
  for (const name of idNames) {
    const found = table.header.findIndex((column) => column.toLowerCase() === name);
    if (found >= 0) return found;
  }
  const expected = `a column called ${idNames.join(", ")}`;
  const got = `the columns ${table.header.join(", ")}`;
  throw tableError(table.file, { expected, got, hint: "Name the column of ids or file names with --id-column." });
}

function findColumn({ file, header }: TextTable, name: string, where: string): number {
  const found = header.indexOf(name);
  if (found >= 0) return found;
  const similar = nearest(name, header);
  throw new LejepaError({
    code: "E_USAGE",
    where,
    expected: `columns of ${file}: ${header.join(", ")}`,
    got: name === "" ? "an empty name" : name,
    hint: similar && `Did you mean ${similar}?`,
  });
}

function columnsOf(table: TextTable, asked: readonly string[] | undefined, id: number): number[] {
  const where = "--target-columns";
  const found =
    asked === undefined
      ? table.header.flatMap((_, i) => (i === id ? [] : [i]))
      : [...new Set(asked.map((name) => findColumn(table, name, where)))];
  const own = found.find((column) => column === id);
  if (own !== undefined) {
    const got = `${table.header[id]}, the column of ids`;
    throw new LejepaError({ code: "E_USAGE", where, expected: "columns of values", got });
  }
  const names = found.map((column) => table.header[column] as string);
  const twice = names.find((name) => table.header.indexOf(name) !== table.header.lastIndexOf(name));
  if (twice !== undefined)
    throw tableError(table.file, { expected: "columns of different names", got: `${JSON.stringify(twice)} twice` });
  if (found.length > 0) return found;
  throw tableError(table.file, {
    expected: "a column of values beside the ids",
    got: `only ${table.header.join(", ")}`,
  });
}

// `[items, columns]`, NaN where unknown; every cell of the table is looked at, also those about no image
function valuesOf(table: TextTable, columns: readonly number[], { rows }: Matches): Float32Array {
  const numbers = table.rows.map((cells, row) =>
    columns.map((column) => {
      const value = parseCell(cells[column] ?? "");
      if (value !== undefined) return value;
      throw notNumber(table, { row, column, text: cells[column] ?? "" });
    }),
  );
  const out = new Float32Array(rows.length * columns.length).fill(Number.NaN);
  for (const [item, row] of rows.entries()) if (row >= 0) out.set(numbers[row] as number[], item * columns.length);
  return out;
}

function parseCell(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (missing.has(lower)) return Number.NaN;
  if (lower === "true") return 1;
  if (lower === "false") return 0;
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(lower) ? Math.fround(Number(lower)) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function notNumber(
  table: TextTable,
  { row, column, text }: { readonly row: number; readonly column: number; readonly text: string },
): LejepaError {
  const comma = /^[-+]?\d+,\d+$/.test(text);
  return tableError(table.file, {
    expected: `a number, or an empty cell where it is unknown, in the column ${JSON.stringify(table.header[column])}`,
    got: `${comma ? "a decimal comma" : "something else"} in ${table.place(row)}`,
    hint: comma ? "Write decimal points." : "Name the columns to predict with --target-columns.",
  });
}

const columnOf = (values: Float32Array, j: number, classes: readonly string[]): Float32Array =>
  values.filter((_, i) => i % classes.length === j);

function taskOf(table: TextTable, values: Float32Array, asked: TableTask | undefined): TableTask {
  const binary = values.every((value) => Number.isNaN(value) || value === 0 || value === 1);
  if (asked === "regression" && binary && values.some((value) => !Number.isNaN(value))) {
    const hint = "Labels that are there or not are --task multilabel.";
    throw tableError(table.file, { expected: "numbers to predict", got: "nothing but 0 and 1", hint });
  }
  return asked ?? (binary ? "multilabel" : "regression");
}

interface Column {
  readonly column: number;
  readonly task: TableTask;
  /** One for each item. */
  readonly values: Float32Array;
}

function checkColumn(table: TextTable, { column, task, values }: Column): void {
  const known = new Set(values.filter((value) => !Number.isNaN(value)));
  const where = `the column ${JSON.stringify(table.header[column])}`;
  if (known.size === 0) {
    const hint = "Leave it out with --target-columns.";
    throw tableError(table.file, { expected: `values in ${where}`, got: "none of any image", hint });
  }
  if (task === "multilabel" && [...known].some((value) => value !== 0 && value !== 1))
    throw noLabels(table, column, where);
  if (known.size === 1) {
    const hint = "Nothing can be told apart by it: leave it out with --target-columns.";
    throw tableError(table.file, { expected: `different values in ${where}`, got: "the same for every image", hint });
  }
}

function noLabels(table: TextTable, column: number, where: string): LejepaError {
  const values = table.rows.map((cells) => parseCell(cells[column] ?? "") as number);
  const row = values.findIndex((value) => value !== 0 && value !== 1 && !Number.isNaN(value));
  const uncertain = values[row] === -1;
  return tableError(table.file, {
    expected: `0, 1 or an empty cell in ${where}`,
    got: `${uncertain ? "-1" : "another number"} in ${table.place(row)}`,
    hint: uncertain ? "Leave cells of uncertain labels empty." : "To predict numbers: --task regression.",
  });
}
