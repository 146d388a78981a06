/**
 * The CSV file of labels, by path, SOPInstanceUID or patient. Every line must be about something that is there, once: labels
 * that get lost silently are worse than an error. Errors name lines, never what a line says: it may be a patient.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LejepaError, nearest, type SplitName, splitNamed } from "@lejepa/contracts";
import type { IndexedImage } from "./index-types.ts";
import type { DicomOptions } from "./options.ts";

/** What a line says of its images. */
export interface LabelLine {
  readonly label?: string;
  readonly split?: SplitName;
}

/** Finds the line of an image; undefined when no line is about it. */
export type FindLabel = (image: IndexedImage) => LabelLine | undefined;

interface ReadLabels {
  /** The folder that paths of the table start from, absolute. */
  readonly root: string;
  readonly images: readonly IndexedImage[];
  readonly options: DicomOptions;
  readonly hashGroup: (identity: string) => string;
}

/**
 * Reads the file `options.labels`.
 *
 * @throws LejepaError E_DATA for a missing file or column, a line about nothing that is there, and a line that repeats another
 */
export async function readLabels({ root, images, options, hashGroup }: ReadLabels): Promise<FindLabel> {
  const file = options.labels as string;
  const [header, ...rows] = await parse(resolve(root, file), file);
  if (header === undefined)
    throw wrong(file, { expected: "a header line and a line for each image", got: "an empty file" });
  const columns = findColumns(header, options, file);
  const keysOf = keys[columns.by];
  const known = new Set(images.flatMap((image) => keysOf(image)));
  const lines = new Map<string, LabelLine>();
  const seen = new Map<string, number>();
  const unknown: number[] = [];
  for (const [i, cells] of rows.entries()) {
    const line = i + 2;
    const key = tableKeys[columns.by](cells[columns.key] ?? "", hashGroup).find((candidate) => known.has(candidate));
    if (key === undefined) {
      unknown.push(line);
      continue;
    }
    const earlier = seen.get(key);
    if (earlier !== undefined)
      throw wrong(file, { expected: `each ${columns.by} once`, got: `the same in lines ${earlier} and ${line}` });
    seen.set(key, line);
    lines.set(key, readLine(cells, columns, { file, line }));
  }
  if (unknown.length > 0) {
    throw wrong(file, {
      expected: `each line about a ${columns.by} of the data`,
      got: `${unknown.length} of ${rows.length} that are not there, the first in line ${unknown[0]}`,
    });
  }
  return (image) =>
    keysOf(image)
      .map((key) => lines.get(key))
      .find((line) => line !== undefined);
}

type KeyColumn = "path" | "uid" | "patient";

const keys: Readonly<Record<KeyColumn, (image: IndexedImage) => string[]>> = {
  path: (image) => [image.path],
  uid: (image) => (image.uid === undefined ? [] : [image.uid]),
  // the pseudonym that a plan shows, or the id itself
  patient: (image) => [
    ...(image.groupedBy === "patient" ? [image.group] : []),
    ...(image.patient === undefined ? [] : [image.patient]),
  ],
};

const tableKeys: Readonly<Record<KeyColumn, (cell: string, hashGroup: (identity: string) => string) => string[]>> = {
  path: (cell) => [cell.replaceAll("\\", "/").replace(/^(\.\/)+/, "")],
  uid: (cell, hashGroup) => [hashGroup(`SOP instance\0${cell}`)],
  patient: (cell, hashGroup) => [cell, hashGroup(`patient id\0${cell}`)],
};

async function parse(path: string, file: string): Promise<string[][]> {
  const { parse: parseCsv } = await import("csv-parse/sync");
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw wrong(file, {
      expected: "a CSV file",
      got: code === "ENOENT" ? "no such file" : `one that cannot be read (${code})`,
    });
  }
  try {
    return parseCsv(content, { bom: true, delimiter: delimiterOf(content), trim: true, skip_empty_lines: true });
  } catch (cause) {
    const { lines } = cause as { lines?: number };
    throw wrong(file, {
      expected: "a CSV file with as many cells in every line",
      got: `another form near line ${lines ?? "?"}`,
    });
  }
}

// spreadsheets in half of the world write semicolons
function delimiterOf(content: string): string {
  const header = content.slice(0, content.search(/[\r\n]|$/));
  return [",", ";", "\t"].reduce((best, mark) => (header.split(mark).length > header.split(best).length ? mark : best));
}

interface Columns {
  readonly by: KeyColumn;
  readonly key: number;
  readonly label: number;
  readonly split: number | undefined;
}

function findColumns(header: readonly string[], { columns }: DicomOptions, file: string): Columns {
  const names = {
    path: columns.path ?? "path",
    uid: columns.uid ?? "sop_instance_uid",
    patient: columns.patient ?? "patient",
    label: columns.label ?? "label",
    split: columns.split ?? "split",
  };
  const by = (["path", "uid", "patient"] as const).find((key) => header.includes(names[key]));
  const missing = (name: string): LejepaError => {
    const similar = nearest(name, header);
    return wrong(file, {
      expected: `a column ${name}`,
      got: `${header.length} columns of other names`,
      hint: `${similar === undefined ? "" : `Did you mean ${JSON.stringify(similar)}? `}Name it in the option columns.`,
    });
  };
  for (const key of ["path", "uid", "patient"] as const)
    if (columns[key] !== undefined && !header.includes(columns[key])) throw missing(columns[key]);
  if (by === undefined) throw missing(`${names.path}, ${names.uid} or ${names.patient}`);
  const label = header.indexOf(names.label);
  if (label < 0) throw missing(names.label);
  const split = header.indexOf(names.split);
  if (split < 0 && columns.split !== undefined) throw missing(columns.split);
  return { by, key: header.indexOf(names[by]), label, split: split < 0 ? undefined : split };
}

function readLine(
  cells: readonly string[],
  columns: Columns,
  { file, line }: { file: string; line: number },
): LabelLine {
  const label = cells[columns.label] ?? "";
  const said = columns.split === undefined ? "" : (cells[columns.split] ?? "");
  const split = splitNamed(said);
  if (said !== "" && split === undefined)
    throw wrong(file, { expected: `train, validation or test in line ${line}`, got: "another word" });
  return { ...(label !== "" && { label }), ...(split !== undefined && { split }) };
}

function wrong(file: string, parts: { expected: string; got: string; hint?: string }): LejepaError {
  return new LejepaError({ code: "E_DATA", where: `labels ${file}`, ...parts });
}
