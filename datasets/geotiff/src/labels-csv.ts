/**
 * The CSV file of labels. Every line must name a scene that is there, once: silently lost labels are worse than an error.
 */
import { readFile } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { LejepaError, nearest, type SplitName, splitNamed } from "@lejepa/contracts";
import type { GeotiffOptions } from "./options.ts";

/** What a line says of a scene. */
export interface SceneLabel {
  readonly label?: string;
  readonly group?: string;
  readonly split?: SplitName;
}

/**
 * Reads the file `options.labels`.
 *
 * @param root the folder that paths are relative to
 * @param ids the scenes that are there
 * @throws LejepaError E_DATA naming the file, and the line or column
 */
export async function readLabels(
  root: string,
  ids: readonly string[],
  options: GeotiffOptions,
): Promise<Map<string, SceneLabel>> {
  const file = options.labels as string;
  const rows = await parse(resolve(root, file), file);
  const { path, label, group, split } = options.columns;
  const header = Object.keys(rows[0] ?? {});
  for (const column of [path, label, group, split]) if (column !== null) checkColumn(column, header, file);
  const known = new Set(ids);
  const labels = new Map<string, SceneLabel>();
  const lines = new Map<string, number>();
  for (const [i, row] of rows.entries()) {
    const id = idOf(root, row[path] ?? "", known);
    const line = i + 2;
    if (!known.has(id)) throw unknownScene(file, line, id, ids);
    const earlier = lines.get(id);
    if (earlier !== undefined) throw problem(file, "every scene once", `${id} in lines ${earlier} and ${line}`);
    lines.set(id, line);
    labels.set(id, cellsOf(row, options, { file, line }));
  }
  return labels;
}

async function parse(path: string, file: string): Promise<Readonly<Record<string, string>>[]> {
  const { parse: parseCsv } = await import("csv-parse/sync");
  try {
    const text = await readFile(path, "utf8");
    return parseCsv(text, {
      bom: true,
      columns: true,
      trim: true,
      skip_empty_lines: true,
      delimiter: [",", ";", "\t"],
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw problem(file, "a CSV file that can be read", code === "ENOENT" ? "no such file" : message, undefined, cause);
  }
}

function checkColumn(column: string, header: readonly string[], file: string): void {
  if (header.includes(column)) return;
  const similar = nearest(column, header);
  const got = header.length === 0 ? "no line" : `the columns ${header.join(", ")}`;
  throw problem(
    file,
    `a column ${JSON.stringify(column)}`,
    got,
    `${similar === undefined ? "" : `Did you mean ${JSON.stringify(similar)}? `}Name it in the option columns.`,
  );
}

function cellsOf(
  row: Readonly<Record<string, string>>,
  { columns }: GeotiffOptions,
  { file, line }: { file: string; line: number },
): SceneLabel {
  const cell = (column: string | null): string => (column === null ? "" : (row[column] ?? ""));
  const [label, group, split] = [cell(columns.label), cell(columns.group), cell(columns.split)];
  const named = splitNamed(split);
  if (split !== "" && named === undefined)
    throw problem(file, `train, validation or test in line ${line}`, JSON.stringify(split));
  return {
    ...(label !== "" && { label }),
    ...(group !== "" && { group }),
    ...(named !== undefined && { split: named }),
  };
}

// scenes of a pattern are names, not paths
function idOf(root: string, cell: string, known: ReadonlySet<string>): string {
  if (known.has(cell)) return cell;
  const path = cell.replaceAll("\\", "/");
  return relative(root, isAbsolute(path) ? path : resolve(root, path)).replaceAll("\\", "/");
}

function unknownScene(file: string, line: number, id: string, ids: readonly string[]): LejepaError {
  const name = id.slice(id.lastIndexOf("/") + 1);
  const similar =
    ids.find((known) => known.endsWith(`/${name}`)) ?? (ids.length < 10_000 ? nearest(id, ids) : undefined);
  return problem(
    file,
    "scenes below the folder",
    `${JSON.stringify(id)} in line ${line}`,
    similar === undefined ? undefined : `Did you mean ${JSON.stringify(similar)}?`,
  );
}

function problem(file: string, expected: string, got: string, hint?: string, cause?: unknown): LejepaError {
  return new LejepaError({ code: "E_DATA", where: file, expected, got, hint, cause });
}
