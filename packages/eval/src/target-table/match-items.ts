// Which images a row of a table is about. Not what it says of them.
import type { DatasetItem } from "@lejepa/contracts";
import { type TextTable, tableError } from "./read-table.ts";

/** Rows of the table for the items. */
export interface Matches {
  /** For each item the row that is about it; -1 where there is none. */
  readonly rows: Int32Array;
  /** Rows that are about no item. */
  readonly unused: number;
}

/**
 * Matches names with items. A name is an item's id; else the end of exactly one id, or the end of a file's path, in whole parts
 * and with or without the extension: then the row is about all items of that file (frames, chips).
 *
 * @throws LejepaError E_DATA when a name fits several, an item is named twice, or nothing fits at all
 */
export function matchItems(items: readonly DatasetItem[], table: TextTable, column: number): Matches {
  const find = createFinder(items);
  const rows = new Int32Array(items.length).fill(-1);
  let unused = 0;
  for (const [row, cells] of table.rows.entries()) {
    const found = find((cells[column] ?? "").replaceAll("\\", "/"));
    if (found === "several") {
      const hint = "Write the id, or as much of the path as makes it unique.";
      const got = `one that fits images of different files in ${table.place(row)}`;
      throw tableError(table.file, { expected: "names that each fit one image or file", got, hint });
    }
    if (found.length === 0) unused++;
    for (const item of found) {
      const earlier = rows[item] as number;
      if (earlier >= 0) {
        const got = `one in ${table.place(earlier)} and in ${table.place(row)}`;
        throw tableError(table.file, { expected: "every image once", got });
      }
      rows[item] = row;
    }
  }
  if (unused === table.rows.length) throw nothingFits(items, table, column);
  return { rows, unused };
}

type Found = readonly number[] | "several";

function createFinder(items: readonly DatasetItem[]): (name: string) => Found {
  const byId = new Map(items.map(({ id }, i) => [id, i]));
  // by the last part of id and path: few are left to look at
  const byEnd = new Map<string, Set<number>>();
  for (const [i, { id, source }] of items.entries()) {
    for (const text of [id, source.path.replaceAll("\\", "/")]) {
      for (const end of [lastPart(text), stem(lastPart(text))]) {
        const known = byEnd.get(end) ?? new Set();
        byEnd.set(end, known.add(i));
      }
    }
  }
  return (name) => {
    const exact = byId.get(name);
    if (exact !== undefined) return [exact];
    const near = [...(byEnd.get(lastPart(name)) ?? [])];
    const named = near.filter((i) => endsWith((items[i] as DatasetItem).id, name));
    if (named.length === 1) return named;
    const inFile = near.filter((i) => endsWith(pathOf(items[i] as DatasetItem), name));
    if (new Set(inFile.map((i) => pathOf(items[i] as DatasetItem))).size === 1) return inFile;
    return named.length + inFile.length === 0 ? [] : "several";
  };
}

const pathOf = ({ source }: DatasetItem): string => source.path.replaceAll("\\", "/");
const lastPart = (text: string): string => text.slice(text.lastIndexOf("/") + 1);
const stem = (text: string): string => text.replace(/(?<=.)\.[^./]*$/, "");

const endsWith = (text: string, name: string): boolean =>
  [text, stem(text)].some((whole) => whole === name || whole.endsWith(`/${name}`));

function nothingFits(items: readonly DatasetItem[], table: TextTable, column: number): Error {
  const example = items[0]?.id ?? "";
  const others = table.header.filter((_, i) => i !== column);
  return tableError(table.file, {
    expected: `ids or file names of the ${items.length} images in the column ${JSON.stringify(table.header[column])}, such as ${JSON.stringify(example)}`,
    got: `${table.rows.length} rows of which none fits`,
    hint: others.length === 0 ? undefined : `Is another column meant? --id-column: ${others.slice(0, 12).join(", ")}.`,
  });
}
