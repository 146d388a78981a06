// Folders of image files for tests.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type DatasetIndex, type DatasetItem, type ImageRecord } from "@lejepa/contracts";
import { testContext } from "@lejepa/contracts/testing";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import type { z } from "zod";
import type { folderOptions } from "./options.ts";
import { folder } from "./plugin.ts";

export { caught } from "@lejepa/contracts/testing";

const noise = (values: number): Uint8Array => Uint8Array.from({ length: values }, (_, i) => (i * 73 + 29) % 251);

/** An 8 x 8 PNG, 8 bit in colour. */
export const png: Buffer = await sharp(noise(192), { raw: { width: 8, height: 8, channels: 3 } })
  .png()
  .toBuffer();

/** An 8 x 8 PNG, 16 bit gray. */
export const deepPng: Buffer = await sharp(new Uint16Array(noise(128).buffer), {
  raw: { width: 8, height: 8, channels: 1 },
})
  .toColourspace("grey16")
  .png()
  .toBuffer();

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

/** Decodes an item, or a file of its own; `depth` as the index would set it. */
export function decode(
  item: DatasetItem | string,
  {
    size = 8,
    channels = 3,
    depth = 8,
    ...options
  }: Partial<Options> & { size?: number; channels?: number; depth?: 8 | 16 } = {},
): Promise<ImageRecord> {
  return folder.decode(typeof item === "string" ? { id: "x", source: { path: item, depth } } : item, {
    ...context,
    options: folder.options.parse({ path: "x", ...options }),
    target: { size, channels },
  });
}

/** Items without where they lie and what their headers say. */
export const withoutSource = (items: readonly DatasetItem[]): object[] =>
  items.map(({ source: _source, facts: _facts, ...rest }) => rest);
