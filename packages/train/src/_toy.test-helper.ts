// A dataset without image files: pixels follow from the item's number and class, so that a class can be learned. And a
// configuration small enough for a test.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindDataset, type ConfigInput, defineDataset, type ImageRecord, stream } from "@lejepa/contracts";
import { onTestFinished } from "vitest";
import { z } from "zod";

interface Form {
  readonly size: number;
  readonly channels: number;
  readonly bits: Bits;
  /** Value under invalid pixels; null: all are valid. */
  readonly gaps: number | null;
}

/** 8 and 16 bits, and physical values: 32-bit floats around -1000, which no one says the range of. */
type Bits = 8 | 16 | 32;

/** Stripes whose direction is the class, on a random phase, with noise. */
function stripes(number: number, label: number, { size, channels, bits, gaps }: Form): ImageRecord {
  const random = stream(1, "toy image", number);
  const phase = random.uniform(0, 6);
  const data = new { 8: Uint8Array, 16: Uint16Array, 32: Float32Array }[bits](size * size * channels);
  const [scale, shift] = ({ 8: [1, 0], 16: [257, 0], 32: [4, -1500] } as const)[bits];
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / channels) % size;
    const y = Math.floor(i / (channels * size));
    data[i] = shift + scale * Math.round(128 + 80 * Math.sin(phase + (label === 0 ? x : y)) + random.uniform(-20, 20));
  }
  // a corner of more or less of the image
  const mask = Uint8Array.from({ length: size * size }, (_, i) =>
    gaps !== null && (i % size) + i / size < 4 * (number % 5) ? 0 : 1,
  );
  for (let i = 0; i < data.length; i++) if (mask[Math.floor(i / channels)] === 0) data[i] = gaps ?? 0;
  return {
    data,
    ...(gaps !== null && { mask }),
    width: size,
    height: size,
    channels,
    dtype: ({ 8: "uint8", 16: "uint16", 32: "float32" } as const)[bits],
  };
}

const toy = defineDataset({
  id: "toy",
  title: "Toy",
  license: "MIT",
  citation: "",
  options: z.strictObject({
    path: z.string(),
    count: z.int(),
    classes: z.int().default(2),
    bits: z.literal([8, 16, 32]),
    names: z.array(z.string()).nullable().default(null),
    gaps: z.number().nullable().default(null),
    dates: z.int().default(1),
  }),
  index: async ({ path, count, classes, names, dates }) => ({
    ...(names !== null && { channels: names, warnings: ["stripes of two kinds"] }),
    items: Array.from({ length: count }, (_, number) => ({
      id: `item ${number}`,
      ...(classes > 0 && { label: `class ${number % classes}` }),
      ...(dates > 1 && { place: `place ${Math.floor(number / dates)}` }),
      source: { path, number },
    })),
  }),
  decode: async ({ source }, { target, options }) =>
    stripes(source["number"] as number, (source["number"] as number) % Math.max(1, options.classes), {
      ...target,
      bits: options.bits,
      gaps: options.gaps,
    }),
  domain: { name: "natural", reason: "test" },
});

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-train-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A run of `count / 8` steps an epoch; `folder` gets the cache. */
export function toyConfig(
  folder: string,
  changes: Partial<ConfigInput> = {},
  {
    count = 24,
    classes = 2,
    bits = 8 as Bits,
    names = null as string[] | null,
    gaps = null as number | null,
    dates = 1,
  } = {},
): ConfigInput {
  const file = join(folder, "toy.txt");
  // written once: a changed file is another dataset
  if (!existsSync(file)) writeFileSync(file, "toy");
  return {
    dataset: bindDataset(toy, { path: file, count, classes, bits, names, gaps, dates }),
    data: { imageSize: 16, cacheDir: join(folder, "cache"), workers: 1, splits: { validation: 0.34 } },
    views: { globalSize: 16, locals: 2, localSize: 8 },
    encoder: { name: "resnet10", width: 4 },
    projector: { hidden: [16], outDim: 8 },
    objective: { slices: 32 },
    schedule: { epochs: 5, warmupEpochs: 1 },
    probe: { everyEpochs: 0 },
    batchSize: 8,
    threads: 1,
    ...changes,
  };
}
