/**
 * From where an image lies to something that can be decoded: the path of its own file, or its bytes out of a larger one.
 */
import type { ImageInput } from "@lejepa/image";
import { readRow, type RowSource } from "./parquet-images.ts";
import type { EntrySource } from "./webdataset.ts";
import { readEntry } from "@lejepa/archive";

/** A file of its own, a row of a Parquet file, or an entry of a shard. */
export type ImageSource = { readonly path: string } | RowSource | EntrySource;

/** The encoded image. Throws what reading it throws. */
export async function readSource(source: ImageSource): Promise<ImageInput> {
  if ("row" in source) return readRow(source);
  if ("offset" in source) return readEntry(source.path, source);
  return source.path;
}
