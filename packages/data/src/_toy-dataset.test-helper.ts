// A dataset for tests: a folder of small JSON files that say what their pixels are. Processes load its compiled form, which
// test/build-workers.ts makes: TypeScript would cost each of them half a second.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineDataset, type ImageRecord, LejepaError, type PixelType } from "@lejepa/contracts";
import { z } from "zod";

/** Contents of one file. */
export interface ToyFile {
  /** Decides the pixels. */
  readonly value?: number;
  /** What decoding does: throw, end or abort the process, hang, wait for ever, fill the memory, give what is wrong. */
  readonly fault?: keyof typeof faults | "size" | "nan" | "length";
  /** Mask of the image: 4 x 4 digits. */
  readonly mask?: string;
  readonly spacing?: readonly [number, number];
  readonly dtype?: PixelType;
  readonly note?: string;
}

const arrays = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

/** The pixel at position `i` of an image with this value. */
export const toyPixel = (value: number, i: number): number => (value * 7 + i * 3) % 251;

const faults = {
  throw: (path: string): never => {
    throw new Error(`cannot decode ${path}:\n  it is broken`);
  },
  silent: (): never => {
    throw new Error(" ");
  },
  exit: (): never => process.exit(3),
  abort: (): never => process.abort(),
  hang: (): never => {
    for (;;) Math.random();
  },
  wait: (): Promise<never> => new Promise<never>(() => setInterval(() => {}, 1000)),
  stray: async (): Promise<void> => {
    void Promise.reject(new Error("stray"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  },
  fill: async (): Promise<void> => {
    const kept: Uint8Array[] = [];
    for (;;) {
      kept.push(new Uint8Array(16 << 20).fill(kept.length));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};

async function decodeToy(path: string, size: number, channels: number): Promise<ImageRecord> {
  const {
    value = 0,
    fault,
    dtype = "uint8",
    note,
    mask,
    spacing,
  } = JSON.parse(await readFile(path, "utf8")) as ToyFile;
  if (fault !== undefined && fault in faults) await faults[fault as keyof typeof faults](path);
  const data = new arrays[dtype](size * size * channels).map((_, i) => toyPixel(value, i));
  if (fault === "nan") data[1] = Number.NaN;
  return {
    data: fault === "length" ? data.subarray(1) : data,
    width: fault === "size" ? size + 1 : size,
    height: size,
    channels,
    dtype,
    ...(note === undefined ? {} : { note }),
    ...(mask === undefined ? {} : { mask: Uint8Array.from(mask, Number) }),
    ...(spacing === undefined ? {} : { spacing }),
  };
}

/** The plugin. Label: the part of the name after the dash. `slow`: milliseconds an item. */
export const toy = defineDataset({
  id: "toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  module: new URL("../out-tsc/toy-dataset.mjs", import.meta.url).href,
  options: z.strictObject({
    path: z.string(),
    labels: z.boolean().default(true),
    version: z.int().default(1),
    slow: z.number().default(0),
    index: z.enum(["good", "throw", "exit", "hang", "refuse"]).default("good"),
    channels: z.array(z.string()).nullable().default(null),
    range: z.tuple([z.number(), z.number()]).nullable().default(null),
  }),
  async index({ path, labels, index, channels, range }, { log }) {
    log("listing");
    if (index === "refuse") {
      throw new LejepaError({ code: "E_DATA", where: "toy", expected: "toys", got: "tools", hint: "Buy toys." });
    }
    if (index !== "good") faults[index](path);
    const names = (await readdir(path)).filter((name) => name.endsWith(".toy")).sort();
    return {
      items: names.map((name) => ({
        id: name,
        ...(labels ? { label: name.slice(name.indexOf("-") + 1, -4) } : {}),
        source: { path: join(path, name) },
      })),
      skipped: [{ reason: "not toys", count: 0, examples: [] }],
      warnings: ["these are toys"],
      ...(channels !== null && { channels }),
      ...(range !== null && { range }),
    };
  },
  async decode({ id, source }, { options, target, log }) {
    if (options.slow > 0) await new Promise((resolve) => setTimeout(resolve, options.slow));
    log(`decoded ${id}`);
    return decodeToy(source.path, target.size, target.channels);
  },
  async inspect(path, { stage }) {
    const { value = 0, fault } = JSON.parse(await readFile(path, "utf8")) as ToyFile;
    if (fault !== undefined && fault in faults) await faults[fault as keyof typeof faults](path);
    return { facts: { stage }, shape: [1, 1], axes: ["rows", "cols"], dtype: "uint8", data: Uint8Array.of(value) };
  },
  pixelKey: ({ version }) => version,
  domain: { name: "natural", reason: "test" },
});
