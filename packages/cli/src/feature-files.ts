// Features with what is known of their images as files that other programs read: NumPy array and table, CSV, Parquet. Pixels,
// paths and headers are in none of them; a group is the dataset's pseudonym.
import { basename, extname, join } from "node:path";
import { type DatasetItem, LejepaError, nearest } from "@lejepa/contracts";
import type { Splits } from "@lejepa/data";
import type { Matrix } from "@lejepa/eval";
import { csvRow, itemsCsv, npyHeader, splitNames } from "./tables.ts";

/** What the files hold: one row of features for each item. */
export interface FeatureTable {
  readonly features: Matrix;
  readonly items: readonly DatasetItem[];
  readonly splits: Splits;
}

/** A file to write. */
export interface FeatureFile {
  readonly path: string;
  content(table: FeatureTable): Promise<readonly (Uint8Array | Float32Array)[]>;
}

const formats = {
  npy: { "features.npy": npyParts, "items.csv": async ({ items, splits }) => [itemsCsv(items, splits)] },
  csv: { "features.csv": csvParts },
  parquet: { "features.parquet": parquetParts },
} as const satisfies Record<string, Record<string, FeatureFile["content"]>>;

/** Names of the formats. */
export type FeatureFormat = keyof typeof formats;

/**
 * Formats of a list such as `npy,parquet`, each once.
 *
 * @throws LejepaError E_USAGE for an unknown name
 */
export function parseFormats(text: string): FeatureFormat[] {
  const known = Object.keys(formats);
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return [...new Set(names)] as FeatureFormat[];
  const similar = nearest(unknown, known);
  throw new LejepaError({
    code: "E_USAGE",
    where: "--format",
    expected: `a list of ${known.join(", ")}`,
    got: unknown === "" ? "an empty name" : unknown,
    hint: similar && `Did you mean ${similar}?`,
  });
}

/**
 * The files of formats in a folder.
 *
 * @throws LejepaError E_USAGE for a folder with the name of such a file
 */
export function featureFiles(folder: string, wanted: readonly FeatureFormat[]): FeatureFile[] {
  const ending = extname(folder).slice(1).toLowerCase();
  if (Object.keys(formats).includes(ending)) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "--out",
      expected: "a folder",
      got: basename(folder),
      hint: `For ${ending} files: --format ${ending} --out FOLDER.`,
    });
  }
  return wanted.flatMap((format) =>
    Object.entries<FeatureFile["content"]>(formats[format]).map(([name, content]) => ({
      path: join(folder, name),
      content,
    })),
  );
}

async function npyParts({ features: { rows, columns, data } }: FeatureTable): Promise<(Uint8Array | Float32Array)[]> {
  return [npyHeader([rows, columns]), data];
}

/** `id,label,group,split,f0,f1,...`; nine digits bring every float32 back exactly. */
async function csvParts({ features, items, splits }: FeatureTable): Promise<Uint8Array[]> {
  const encoder = new TextEncoder();
  const { columns, data } = features;
  const splitOf = splitNames(splits);
  const head = ["id", "label", "group", "split", ...Array.from({ length: columns }, (_, j) => `f${j}`)];
  const lines = items.map(({ id, label = "", group = "" }, row) => {
    const values = Array.from(data.subarray(row * columns, (row + 1) * columns), (value) =>
      String(Number(value.toPrecision(9))),
    );
    return encoder.encode(csvRow([id, label, group, splitOf.get(row) ?? "", ...values]));
  });
  return [encoder.encode(csvRow(head)), ...lines];
}

/** Columns `id`, `label`, `group`, `split` (text, absent: null) and `embedding` (a list of float32). */
async function parquetParts({ features, items, splits }: FeatureTable): Promise<Uint8Array[]> {
  const { ByteWriter, parquetWrite } = await import("hyparquet-writer");
  const { columns, data } = features;
  const splitOf = splitNames(splits);
  const text = (name: string, repetition_type: "REQUIRED" | "OPTIONAL") =>
    ({ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type }) as const;
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    createdBy: "lejepa",
    columnData: [
      { name: "id", data: items.map(({ id }) => id) },
      { name: "label", data: items.map(({ label = null }) => label) },
      { name: "group", data: items.map(({ group = null }) => group) },
      { name: "split", data: items.map((_, row) => splitOf.get(row) ?? null) },
      {
        name: "embedding",
        data: items.map((_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns))),
        // float32 of a network do not get smaller
        encoding: "PLAIN",
        codec: "UNCOMPRESSED",
        statistics: false,
      },
    ],
    schema: [
      { name: "root", num_children: 5 },
      text("id", "REQUIRED"),
      ...["label", "group", "split"].map((name) => text(name, "OPTIONAL")),
      { name: "embedding", num_children: 1, converted_type: "LIST", repetition_type: "REQUIRED" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
    ],
  });
  return [new Uint8Array(writer.getBuffer())];
}
