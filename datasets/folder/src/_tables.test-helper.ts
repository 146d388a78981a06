// Parquet files and shards written by pyarrow and Python's tarfile (tools/goldens/folder_tables.py).
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The images' pixels and what the tables say about them. */
export const tables = JSON.parse(readFileSync(new URL("../fixtures/tables.json", import.meta.url), "utf8")) as {
  readonly images: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly names: readonly string[];
  readonly splits: readonly string[];
  readonly groups: readonly (string | null)[];
  readonly parquet: Readonly<Record<string, string>>;
  readonly labelTable: string;
  readonly tar: Readonly<Record<string, string>>;
};

/** The class of each image by name. */
export const classes = tables.labels.map((label) => tables.names[label] as string);

/** The bytes of a file in base64. */
export const fromBase64 = (text: string | undefined): Buffer => Buffer.from(text as string, "base64");

/** A Parquet file of the fixtures. */
export const parquetFile = (name: string): Buffer => fromBase64(tables.parquet[name]);

/** A shard of the fixtures. */
export const tarFile = (name: string): Buffer => gunzipSync(fromBase64(tables.tar[name]));
