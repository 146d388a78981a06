/**
 * A table that says something about images: its cells as text, its columns by name, and what a row means. Nothing here
 * knows whether the rows came from CSV or Parquet, or whether the images are files.
 */
import { LejepaError, nearest, splitNamed } from "@lejepa/contracts";
import type { HashGroup, Placed } from "./layout.ts";
import type { FolderOptions } from "./options.ts";

/** Rows of a table, as text. */
export interface Table {
  /** The file, as the user named it. */
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What a row is called, and the number of the first. */
  readonly unit: "line" | "row";
  readonly first: number;
}

/** Names of the options under `columns`. */
export type ColumnName = keyof FolderOptions["columns"];

/** Where the columns are; undefined for those that are not there. */
export interface PlaceColumns {
  readonly label: number | undefined;
  readonly group: number | undefined;
  readonly split: number | undefined;
}

/** The error of a wrong table. */
export function tableProblem(
  file: string,
  parts: { expected: string; got: string; hint?: string; cause?: unknown },
): LejepaError {
  return new LejepaError({ code: "E_DATA", where: file, ...parts });
}

/**
 * The position of a column; undefined when it is not there and nobody asked for it.
 *
 * @throws LejepaError E_DATA for a column that is required or named in the options and not there
 */
export function findColumn(
  { file, header }: Pick<Table, "file" | "header">,
  key: ColumnName,
  { names, required, hint = "" }: { names: FolderOptions["columns"]; required: boolean; hint?: string },
): number | undefined {
  const name = names[key] ?? key;
  const at = header.indexOf(name);
  if (at >= 0) return at;
  if (!required && names[key] === undefined) return undefined;
  const similar = nearest(name, header);
  throw tableProblem(file, {
    expected: `a column ${JSON.stringify(name)}`,
    got: `the columns ${header.join(", ")}`,
    hint: `${similar === undefined ? "" : `Did you mean ${JSON.stringify(similar)}? `}Name it in the option columns.${key}${hint}.`,
  });
}

/** The columns for class, group and split. */
export function findPlaceColumns(
  table: Pick<Table, "file" | "header">,
  { columns, label }: FolderOptions,
  hint?: string,
): PlaceColumns {
  const find = (key: ColumnName, required: boolean): number | undefined =>
    findColumn(table, key, { names: columns, required, ...(hint !== undefined && { hint }) });
  return {
    label: label === "none" ? undefined : find("label", true),
    group: find("group", false),
    split: find("split", false),
  };
}

/**
 * Class, group and split of a row; empty cells say nothing.
 *
 * @throws LejepaError E_DATA for a split that is none
 */
export function readPlace(
  { file, rows, unit, first }: Table,
  row: number,
  columns: PlaceColumns,
  hashGroup: HashGroup,
): Placed {
  const cell = (at: number | undefined): string => (at === undefined ? "" : (rows[row]?.[at] ?? ""));
  return placeOf(
    { label: cell(columns.label), group: cell(columns.group), split: cell(columns.split) },
    { file, at: `${unit} ${first + row}` },
    hashGroup,
  );
}

/**
 * The same from three texts.
 *
 * @throws LejepaError E_DATA for a split that is none
 */
export function placeOf(
  { label, group, split }: Readonly<Record<"label" | "group" | "split", string>>,
  { file, at }: { file: string; at: string },
  hashGroup: HashGroup,
): Placed {
  const named = splitNamed(split);
  if (split !== "" && named === undefined)
    throw tableProblem(file, { expected: `train, validation or test in ${at}`, got: JSON.stringify(split) });
  return {
    ...(label === "" ? {} : { label }),
    ...(group === "" ? {} : { group: hashGroup(group) }),
    ...(named === undefined ? {} : { split: named }),
  };
}
