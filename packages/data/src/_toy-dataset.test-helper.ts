// A dataset for tests: a folder of small JSON files that say what their pixels are. Loaded by worker threads from its
// TypeScript source, as a user's own plugin would be.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineDataset, type ImageRecord, type PixelType } from "@lejepa/contracts";
import { z } from "zod";

/** Contents of one file. */
export interface ToyFile {
  /** Decides the pixels. */
  readonly value?: number;
  /** What decoding does: throw, end the thread, give a wrong size, give NaN. */
  readonly fault?: "throw" | "exit" | "size" | "nan" | "length";
  readonly dtype?: PixelType;
  readonly note?: string;
}

const arrays = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

/** The pixel at position `i` of an image with this value. */
export const toyPixel = (value: number, i: number): number => (value * 7 + i * 3) % 251;

async function decodeToy(path: string, size: number, channels: number): Promise<ImageRecord> {
  const { value = 0, fault, dtype = "uint8", note } = JSON.parse(await readFile(path, "utf8")) as ToyFile;
  if (fault === "throw") throw new Error(`cannot decode ${path}:\n  it is broken`);
  if (fault === "exit") process.exit(3);
  const data = new arrays[dtype](size * size * channels).map((_, i) => toyPixel(value, i));
  if (fault === "nan") data[1] = Number.NaN;
  return {
    data: fault === "length" ? data.subarray(1) : data,
    width: fault === "size" ? size + 1 : size,
    height: size,
    channels,
    dtype,
    ...(note === undefined ? {} : { note }),
  };
}

/** The plugin. Label: the part of the name after the dash. `slow`: milliseconds an item. */
export const toy = defineDataset({
  id: "toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  module: import.meta.url,
  options: z.strictObject({
    path: z.string(),
    labels: z.boolean().default(true),
    version: z.int().default(1),
    slow: z.number().default(0),
  }),
  async index({ path, labels }) {
    const names = (await readdir(path)).filter((name) => name.endsWith(".toy")).sort();
    return {
      items: names.map((name) => ({
        id: name,
        ...(labels ? { label: name.slice(name.indexOf("-") + 1, -4) } : {}),
        source: { path: join(path, name) },
      })),
      skipped: [{ reason: "not toys", count: 0, examples: [] }],
    };
  },
  async decode({ id, source }, { options, target, log }) {
    if (options.slow > 0) await new Promise((resolve) => setTimeout(resolve, options.slow));
    log(`decoded ${id}`);
    return decodeToy(source.path, target.size, target.channels);
  },
  pixelKey: ({ version }) => version,
  domain: { name: "natural", reason: "test" },
});
