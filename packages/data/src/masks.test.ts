// Masks and spacing in the store, and what statistics make of masks.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PixelArray, type PixelType, stream } from "@lejepa/contracts";
import * as fc from "fast-check";
import { expect, onTestFinished, test, type TestContext } from "vitest";
import { manyToys, temporaryFolder, writeToys } from "./_toy.test-helper.ts";
import { type ToyFile, toyPixel } from "./_toy-dataset.test-helper.ts";
import { buildStore } from "./build-store.ts";
import { channelHistograms, channelPercentiles, valueRange } from "./percentiles.ts";
import { pixelTypes } from "./pixels.ts";
import { channelStatistics, type PixelSource } from "./statistics.ts";
import type { ImageStore } from "./types.ts";

const half = "1111111100000000";
const corner = "0111111111111111";

async function storeOf(files: Readonly<Record<string, ToyFile>>, root?: string): Promise<ImageStore> {
  const folder = root ?? (await temporaryFolder());
  const dataset = await writeToys(folder, files);
  const store = await buildStore(dataset, { size: 4, channels: 2, cacheDir: join(folder, "cache"), workers: 1 });
  onTestFinished(() => store.close());
  return store;
}

const bits = (text: string): number[] => Array.from(text, Number);

test("masks and spacing are stored beside the pixels, by row, and survive reuse", async () => {
  const root = await temporaryFolder();
  const files: Record<string, ToyFile> = {
    "a-1": { value: 1, mask: half, spacing: [0.5, 0.25] },
    "b-bad": { fault: "throw" },
    "c-2": { value: 2 },
    "d-3": { value: 3, mask: corner },
    "e-4": { value: 4, mask: "1".repeat(16) },
  };
  const first = await storeOf(files, root);
  const added = await storeOf({ "0-0": { value: 9 } }, root);
  for (const [store, shift] of [
    [first, 0],
    [added, 1],
  ] as const) {
    const [a, c, d, e] = [0, 1, 2, 3].map((row) => row + shift);
    expect([...store.readMasks([a as number])]).toEqual(bits(half));
    expect([...store.readMasks([d as number, c as number])]).toEqual([...bits(corner), ...Array(16).fill(1)]);
    expect([...store.readMasks([e as number])]).toEqual(Array(16).fill(1));
    expect(store.spacing?.slice(shift)).toEqual([[0.5, 0.25], null, null, null]);
    expect([...store.read([d as number])]).toEqual(Array.from({ length: 32 }, (_, i) => toyPixel(3, i)));
    expect(statSync(store.masksFile as string).size).toBe(128 + store.count * 16);
  }
  expect(readdirSync(dirname(first.imagesFile)).sort()).toEqual(["images.npy", "index.json", "masks.npy"]);
});

test("a set without invalid pixels has no mask file, and masks of ones", async () => {
  const store = await storeOf(manyToys(2));
  expect([store.masksFile, store.spacing]).toEqual([undefined, undefined]);
  expect([...store.readMasks([1])]).toEqual(Array(16).fill(1));
});

test.each([
  ["1".repeat(15), "has a mask of 15 values instead of 16"],
  ["2".repeat(16), "has a mask with other values than 0 and 1"],
  ["0".repeat(16), "has no valid pixel"],
])("a mask %s is refused", async (mask, reason) => {
  const store = await storeOf({ "a-1": {}, "b-2": { mask } });
  expect(store.failures).toEqual([{ id: "b-2.toy", reason }]);
});

test("the README's way to read a store with NumPy", async (context: TestContext) => {
  const python = spawnSync("python3", ["-c", "import numpy"]).status === 0 ? "python3" : "/usr/bin/python3";
  context.skip(spawnSync(python, ["-c", "import numpy"]).status !== 0, "needs python3 with numpy");
  const store = await storeOf({ "a-1": { value: 1, mask: half, spacing: [2, 3] }, "b-2": { value: 2 } });
  const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
  const lines = /```python\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const script = `
folder = ${JSON.stringify(dirname(store.imagesFile))}
${lines}
found = [images.shape, str(images.dtype), masks.sum().item(), index["ids"], index["spacing"]]
print(json.dumps([*found, valid.mean(0).tolist(), valid.std(0).tolist()]))
`;
  const { stdout, stderr } = spawnSync(python, ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  const [shape, dtype, valid, ids, spacing, mean, std] = JSON.parse(stdout) as [
    unknown,
    string,
    number,
    unknown,
    unknown,
    number[],
    number[],
  ];
  expect([shape, dtype, valid, ids, spacing]).toEqual([
    [2, 4, 4, 2],
    "uint8",
    24,
    ["a-1.toy", "b-2.toy"],
    [[2, 3], null],
  ]);
  const own = channelStatistics(store, Uint32Array.of(0, 1), [0, 1]);
  for (const channel of [0, 1]) {
    expect(own.mean[channel]).toBeCloseTo(mean[channel] as number, 10);
    expect(own.std[channel]).toBeCloseTo(std[channel] as number, 10);
  }
});

/** A store of given values: rows of `rowPixels` pixels. */
function sourceOf(
  dtype: PixelType,
  values: readonly number[],
  options: { channels: number; mask?: number[] },
): PixelSource {
  const { channels, mask } = options;
  const all = pixelTypes[dtype].view(new ArrayBuffer(values.length * pixelTypes[dtype].bytes));
  all.set(values);
  const rowElements = channels;
  const pick = <T extends PixelArray>(from: T, rows: ArrayLike<number>, size: number): T =>
    Object.getPrototypeOf(from).constructor.from(
      Array.from(rows).flatMap((row) => [...from.subarray(row * size, (row + 1) * size)]),
    );
  return {
    channels,
    dtype,
    rowElements,
    ...(mask !== undefined && { masksFile: "masks" }),
    read: (rows) => pick(all, rows, rowElements),
    readMasks: (rows) => pick(Uint8Array.from(mask ?? []), rows, 1),
  };
}

const rowsUpTo = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);
const limits = { uint8: [0, 255], uint16: [0, 65_535], int16: [-32_768, 32_767] } as const;

test("percentiles are those of the sorted valid values, whatever the type", () => {
  const types = fc.constantFrom<PixelType>("uint8", "uint16", "int16", "float32");
  const cases = types.chain((dtype) => {
    const value =
      dtype === "float32"
        ? fc.float({ noNaN: true, noDefaultInfinity: true })
        : fc.integer({ min: limits[dtype][0], max: limits[dtype][1] });
    const pixel = fc.tuple(value, fc.boolean());
    return fc.record({ dtype: fc.constant(dtype), pixels: fc.array(pixel, { minLength: 1, maxLength: 60 }) });
  });
  fc.assert(
    fc.property(cases, fc.integer({ min: 0, max: 100 }), ({ dtype, pixels }, percent) => {
      const mask = pixels.map(([, valid]) => Number(valid));
      const source = sourceOf(
        dtype,
        pixels.map(([value]) => value),
        { channels: 1, mask },
      );
      const sorted = pixels
        .filter(([, valid]) => valid)
        .map(([value]) => value)
        .sort((a, b) => a - b);
      const [[found]] = channelPercentiles(source, rowsUpTo(pixels.length), [percent]) as [[number]];
      const rank = Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1);
      // NaN without a valid pixel; the sorted list does not tell 0 from -0
      expect(found + 0).toBe((sorted[rank] ?? Number.NaN) + 0);
    }),
    { numRuns: 40 },
  );
});

test("channels are counted apart, in histograms too", () => {
  const values = [0, 10, 5, 20, 10, 30, 20, 40];
  const source = sourceOf("int16", values, { channels: 2 });
  expect(channelPercentiles(source, rowsUpTo(4), [0, 50, 100])).toEqual([
    [0, 5, 20],
    [10, 20, 40],
  ]);
  expect(channelHistograms(source, rowsUpTo(4), { range: [5, 20], bins: 3 })).toEqual([
    { counts: [1, 1, 1], below: 1, above: 0 },
    { counts: [0, 1, 1], below: 0, above: 2 },
  ]);
  expect(() => channelHistograms(source, new Uint32Array(), { range: [0, 1] })).toThrow("expected at least one row");
});

test("the range: the dataset's, the type's, else percentiles that outliers do not move", () => {
  const normal = stream(3, "values").fillNormal(new Float32Array(5000));
  const values = Array.from(normal, (value) => 1000 + 100 * value);
  values[7] = 1e30;
  const source = sourceOf("float32", values, { channels: 1 });
  const [black, white] = valueRange(source, rowsUpTo(5000));
  expect(black).toBeGreaterThan(1000 - 300);
  expect(black).toBeLessThan(1000 - 220);
  expect(white).toBeGreaterThan(1000 + 220);
  expect(white).toBeLessThan(1000 + 300);
  expect(valueRange({ ...source, range: [-5, 5] }, rowsUpTo(1))).toEqual([-5, 5]);
  expect(valueRange(sourceOf("int16", [3, 3], { channels: 1 }), rowsUpTo(2))).toEqual([3, 4]);
  expect(valueRange(sourceOf("float32", [3], { channels: 1, mask: [0] }), rowsUpTo(1))).toEqual([0, 1]);
  // the outlier counts as white
  const { mean, std } = channelStatistics(source, rowsUpTo(5000), [black, white]);
  expect(mean[0]).toBeCloseTo(0.5, 1);
  expect(std[0]).toBeLessThan(0.3);
});
