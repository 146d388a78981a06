// Folders of image files for tests.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isLejepaError, type DatasetIndex, type ImageRecord, type LejepaError } from "@lejepa/contracts";
import { testContext } from "@lejepa/contracts/testing";
import { onTestFinished } from "vitest";
import type { z } from "zod";
import type { folderOptions } from "./options.ts";
import { folder } from "./plugin.ts";

/** One file with the pixels that Pillow reads from it (tools/goldens/folder_images.py). */
export interface Golden {
  readonly file: string;
  readonly shape: readonly [number, number, number];
  readonly bits: 8 | 16;
  readonly tolerance: number;
  readonly pixels: readonly number[];
}

const fixtures = JSON.parse(readFileSync(new URL("../fixtures/images.json", import.meta.url), "utf8")) as {
  readonly cases: Readonly<Record<string, Golden>>;
  readonly refused: Readonly<Record<string, string>>;
};

/** Every golden file by name. */
export const goldens = fixtures.cases;

/** The bytes of a golden file. */
export const bytesOf = (name: string): Buffer =>
  Buffer.from(goldens[name]?.file ?? (fixtures.refused[name] as string), "base64");

/** A temporary folder with these files (relative path: contents), gone when the test ends. */
export async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "lejepa-folder-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), contents);
  }
  return root;
}

type Options = z.input<typeof folderOptions>;
const context = testContext("unused");

/** The plugin's index with default options but these. */
export const index = (options: Options): Promise<DatasetIndex> => folder.index(folder.options.parse(options), context);

/** Decodes one file; `depth` as the index would set it. */
export function decode(
  path: string,
  {
    size = 8,
    channels = 3,
    depth = 8,
    ...options
  }: Partial<Options> & { size?: number; channels?: number; depth?: 8 | 16 } = {},
): Promise<ImageRecord> {
  const item = { id: "x", source: { path, depth } };
  return folder.decode(item, {
    ...context,
    options: folder.options.parse({ path: "x", ...options }),
    target: { size, channels },
  });
}

/** What a call rejects with, as a LejepaError; anything else fails the test. */
export async function caught(run: () => unknown): Promise<LejepaError> {
  try {
    await run();
  } catch (error) {
    if (isLejepaError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
