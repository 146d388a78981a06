/**
 * The CSV file of labels: which images belong to the dataset, with class, group and split. Every line must name an image
 * that is there, once; anything else is an error, because silently lost labels are worse.
 */
import { readFile } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { LejepaError, nearest } from "@lejepa/contracts";
import { hashGroup, splitNamed, type Placed } from "./layout.ts";
import type { FolderOptions } from "./options.ts";

/** An image that the file lists. */
export interface Labelled extends Placed {
  /** Relative to the root, with `/`. */
  readonly path: string;
}

interface Columns {
  readonly path: number;
  readonly label: number | undefined;
  readonly group: number | undefined;
  readonly split: number | undefined;
}

/**
 * Reads the file `options.labels`.
 *
 * @param root the folder, absolute
 * @param images the images in it, relative
 * @throws LejepaError E_DATA naming the file, the line and what is wrong
 */
export async function readLabels(root: string, images: readonly string[], options: FolderOptions): Promise<Labelled[]> {
  const file = options.labels as string;
  const [header, ...lines] = await parse(resolve(root, file), file);
  if (header === undefined)
    throw problem(file, { expected: "a header line and a line for each image", got: "an empty file" });
  const columns = findColumns(header, file, options);
  const known = new Set(images);
  const seen = new Map<string, number>();
  const unknown: { line: number; path: string }[] = [];
  const labelled = lines.map((cells, i): Labelled => {
    const line = i + 2;
    const path = relativePath(root, cells[columns.path] ?? "");
    const earlier = seen.get(path);
    if (earlier !== undefined)
      throw problem(file, { expected: "every image once", got: `${path} in lines ${earlier} and ${line}` });
    seen.set(path, line);
    if (!known.has(path)) unknown.push({ line, path });
    return { path, ...readCells(cells, columns, { file, line }) };
  });
  if (unknown.length > 0) throw unknownPaths(file, unknown, images);
  return labelled;
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
    throw problem(file, { expected: "a CSV file that can be read", got, cause });
  }
}

// spreadsheets in half of the world write semicolons
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  return [",", ";", "\t"].reduce((best, mark) => (header.split(mark).length > header.split(best).length ? mark : best));
}

function findColumns(header: readonly string[], file: string, { columns, label }: FolderOptions): Columns {
  const find = (key: keyof typeof columns, required: boolean): number | undefined => {
    const name = columns[key] ?? key;
    const at = header.indexOf(name);
    if (at >= 0) return at;
    if (!required && columns[key] === undefined) return undefined;
    const similar = nearest(name, header);
    throw problem(file, {
      expected: `a column ${JSON.stringify(name)}`,
      got: `the columns ${header.join(", ")}`,
      hint: `${similar === undefined ? "" : `Did you mean ${JSON.stringify(similar)}? `}Name it in the option columns.${key}.`,
    });
  };
  return {
    path: find("path", true) as number,
    label: label === "none" ? undefined : find("label", true),
    group: find("group", false),
    split: find("split", false),
  };
}

function readCells(cells: readonly string[], columns: Columns, { file, line }: { file: string; line: number }): Placed {
  const cell = (at: number | undefined): string => (at === undefined ? "" : (cells[at] ?? ""));
  const label = cell(columns.label);
  const group = cell(columns.group);
  const split = cell(columns.split);
  const named = splitNamed(split);
  if (split !== "" && named === undefined) {
    throw problem(file, { expected: `train, validation or test in line ${line}`, got: JSON.stringify(split) });
  }
  return {
    ...(label === "" ? {} : { label }),
    ...(group === "" ? {} : { group: hashGroup(group) }),
    ...(named === undefined ? {} : { split: named }),
  };
}

function relativePath(root: string, cell: string): string {
  const path = cell.replaceAll("\\", "/");
  return relative(root, isAbsolute(path) ? path : resolve(root, path)).replaceAll("\\", "/");
}

function unknownPaths(
  file: string,
  unknown: readonly { line: number; path: string }[],
  images: readonly string[],
): LejepaError {
  const [{ line, path }] = unknown as [{ line: number; path: string }];
  const name = path.slice(path.lastIndexOf("/") + 1);
  const similar =
    images.find((image) => image.endsWith(`/${name}`)) ?? (images.length < 10_000 ? nearest(path, images) : undefined);
  return problem(file, {
    expected: "paths of images below the folder",
    got: `${unknown.length} unknown, the first in line ${line}: ${JSON.stringify(path)}`,
    ...(similar === undefined ? {} : { hint: `Did you mean ${JSON.stringify(similar)}?` }),
  });
}

function problem(file: string, parts: { expected: string; got: string; hint?: string; cause?: unknown }): LejepaError {
  return new LejepaError({ code: "E_DATA", where: file, ...parts });
}
