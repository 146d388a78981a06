// HDF5 files that h5py wrote (tools/goldens/galaxy10_hdf5.py), put into temporary folders.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  isLejepaError,
  type DatasetContext,
  type DatasetIndex,
  type DatasetItem,
  type ImageRecord,
} from "@lejepa/contracts";
import { testContext } from "@lejepa/contracts/testing";
import { onTestFinished } from "vitest";
import type { z } from "zod";
import type { galaxy10Options } from "./options.ts";
import { galaxy10 } from "./plugin.ts";

const fixtures = JSON.parse(readFileSync(new URL("../fixtures/hdf5.json", import.meta.url), "utf8")) as {
  readonly count: number;
  readonly size: number;
  readonly ids: readonly number[];
  readonly cases: Readonly<Record<string, { readonly file: string; readonly pixels: readonly (number | null)[] }>>;
};

/** Images in each file, their side, and their class numbers. */
export const { count, size, ids } = fixtures;

/** The bytes of a golden file. */
export const bytesOf = (name: string): Buffer =>
  gunzipSync(Buffer.from(fixtures.cases[name]?.file as string, "base64"));

/** What h5py reads of one image of it. */
export function pixelsOf(name: string, row: number): readonly (number | null)[] {
  const { pixels } = fixtures.cases[name] as { pixels: readonly (number | null)[] };
  const values = pixels.length / count;
  return pixels.slice(row * values, (row + 1) * values);
}

/** A temporary folder with this file in it, gone when the test ends; returns the file's path. */
export async function onDisk(contents: string | Uint8Array, name = "galaxies.h5"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lejepa-galaxy10-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, typeof contents === "string" ? bytesOf(contents) : contents);
  return path;
}

type Options = z.input<typeof galaxy10Options>;

/** The plugin's index with default options but these. */
export const index = (options: Options, context: Partial<DatasetContext> = {}): Promise<DatasetIndex> =>
  galaxy10.index(galaxy10.options.parse(options), testContext("unused", context));

/** Decodes an item. */
export const decode = (item: DatasetItem, channels = 3, side = size): Promise<ImageRecord> =>
  galaxy10.decode(item, {
    ...testContext("unused"),
    options: galaxy10.options.parse({}),
    target: { size: side, channels },
  });

/** The message that a call rejects with, which must be a LejepaError's. */
export async function told(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (isLejepaError(error)) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}
