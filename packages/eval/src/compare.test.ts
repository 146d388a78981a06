// The whole path on a store in memory: features through a compiled program, probes, table.
import { stream } from "@lejepa/contracts";
import type { ImageStore, Splits } from "@lejepa/data";
import { createEncoder } from "@lejepa/encoders";
import { createEngine } from "@lejepa/engine";
import { expect, test } from "vitest";
import { memoryStore, rowRange } from "./_store.test-helper.ts";
import {
  compareEncoders,
  extractFeatures,
  formatComparison,
  linearProbe,
  matrix,
  openEncoder,
  type OpenContext,
  pixelFeatures,
  randomEncoder,
} from "./index.ts";

const size = 16;
const count = 60;

// two classes: horizontal and vertical stripes of random phase, so that features help
const pixels = Uint8Array.from({ length: count * size * size }, (_, i) => {
  const row = Math.floor(i / (size * size));
  const along = row % 2 === 0 ? i % size : Math.floor(i / size) % size;
  return Math.floor((along + ((row * 7) % 4)) / 2) % 2 === 0 ? 230 : 20;
});

const storeOf = (labels: Int32Array): ImageStore =>
  memoryStore({ count, size, channels: 1, pixels, labels, classes: ["across", "down"] });

const store = storeOf(Int32Array.from({ length: count }, (_, i) => i % 2));
const splits: Splits = { train: rowRange(0, 30), validation: rowRange(30, 40), test: rowRange(40, 60) };
const spec = { name: "resnet10", options: { channels: 1, width: 8, stem: "small", init: "torch" } };
const encoder = createEncoder(spec.name, spec.options);
const frozen = (seed: number) => ({ encoder, values: randomEncoder(encoder, seed), mean: [0.5], std: [0.3] });

test("features do not depend on the batch size, and follow the rows asked for", async () => {
  const engine = await createEngine();
  const whole = await extractFeatures(engine, { ...frozen(0), store });
  const some = await extractFeatures(engine, { ...frozen(0), store, rows: Uint32Array.of(5, 2, 59), batchSize: 2 });
  expect(whole.embedding.columns).toBe(encoder.featureDim);
  expect(some.probe.columns).toBe(encoder.probeDim);
  for (const [i, row] of [5, 2, 59].entries()) {
    for (let j = 0; j < encoder.featureDim; j++) {
      const expected = whole.embedding.data[row * encoder.featureDim + j] as number;
      expect(Math.abs((some.embedding.data[i * encoder.featureDim + j] as number) - expected)).toBeLessThan(
        1e-4 * (1 + Math.abs(expected)),
      );
    }
  }
  await engine.dispose();
});

test("a comparison has an entry for every candidate, with intervals over seeds and what was done to the images", async () => {
  const engine = await createEngine();
  const image = { size, channels: 1, range: [0, 255], mean: [0.5], std: [0.3] } as const;
  const context: OpenContext = { engine, images: { store, train: splits.train }, like: { spec, image } };
  const random = await Promise.all([0, 1].map((seed) => openEncoder("random", { ...context, seed })));
  const candidates = [
    { name: "random init", encoders: random },
    { name: "pixels", encoders: [await openEncoder("pixels", context)] },
  ];
  const comparison = await compareEncoders({ store, splits, candidates });
  await engine.dispose();
  expect(comparison.counts).toEqual({ train: 30, validation: 10, test: 20 });
  expect(comparison.entries.map(({ name }) => name)).toEqual(["random init", "pixels"]);
  expect(comparison.entries[0]?.about).toMatchObject({ kind: "random", ids: { length: 2 }, inputSize: size });
  expect(comparison.entries[0]?.about.notes).not.toContain("seed: 0");
  expect(comparison.entries[1]?.about.notes[0]).toMatch(
    /16 x 16 averages.* 29 principal components of 30 training images/,
  );
  expect(comparison.entries[0]?.linear.balancedAccuracy.values).toHaveLength(2);
  expect(comparison.entries[1]?.knn.accuracy.halfWidth).toBeNull();
  expect(formatComparison(comparison)).toContain("30+10 images to learn from, 20 to test");
  // the stripes' directions are plain to see
  expect(comparison.entries[0]?.linear.balancedAccuracy.mean).toBeGreaterThan(0.9);
});

test("a split without labels is refused", async () => {
  const unlabelled = storeOf(new Int32Array(count).fill(-1));
  await expect(compareEncoders({ store: unlabelled, splits, candidates: [] })).rejects.toMatchObject({
    code: "E_DATA",
  });
});

test("pixel features are means over cells", () => {
  const features = pixelFeatures(store, { rows: Uint32Array.of(3), grid: 2 });
  const image = pixels.subarray(3 * size * size, 4 * size * size);
  const quarter = Array.from(image).filter((_, i) => i % size < 8 && i < 8 * size);
  expect(features.columns).toBe(4);
  expect(features.data[0]).toBeCloseTo(quarter.reduce((sum, value) => sum + value, 0) / 64 / 255, 6);
});

test("the regularisation is chosen on the validation rows", () => {
  const random = stream(3, "probe");
  const columns = 40;
  const draw = (rows: number) => {
    const data = random.fillNormal(new Float32Array(rows * columns));
    // one faint direction among noise: little regularisation overfits
    for (let i = 0; i < rows; i++) data[i * columns] = (data[i * columns] as number) + (i % 2) * 1.5;
    return { features: matrix(data, rows, columns), labels: Int32Array.from({ length: rows }, (_, i) => i % 2) };
  };
  const [train, validation, held] = [draw(60), draw(400), draw(400)];
  const probe = (grid: number[]) => linearProbe({ train, validation, test: held.features, classes: 2, grid });
  const scores = [0.001, 100].map((c) => probe([c]).validation);
  expect(scores[0]).toBeGreaterThan(scores[1] as number);
  expect(probe([0.001, 100]).c).toBe(0.001);
});
