// The whole path on a store in memory: features through a compiled program, probes, table.
import { stream } from "@lejepa/contracts";
import type { ImageStore, Splits } from "@lejepa/data";
import { createEncoder } from "@lejepa/encoders";
import { createEngine } from "@lejepa/engine";
import { expect, test } from "vitest";
import { memoryStore, rowRange } from "./_store.test-helper.ts";
import {
  type Candidate,
  compareEncoders,
  extractFeatures,
  formatComparison,
  logisticProbe,
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

test("a comparison has every candidate, all seeds of each, and says what was done to the images", async () => {
  const engine = await createEngine();
  const image = { size, channels: 1, range: [0, 255], mean: [0.5], std: [0.3] } as const;
  const context: OpenContext = { engine, images: { store, train: splits.train }, like: { spec, image } };
  const random = await Promise.all([0, 1].map((seed) => openEncoder("random", { ...context, seed })));
  const candidates: Candidate[] = [
    { name: "random init", encoders: random },
    { name: "pixels", encoders: [await openEncoder("pixels", context)] },
  ];
  const comparison = await compareEncoders(engine, { store, splits, candidates, shots: [1, "all"] });
  await engine.dispose();
  expect(comparison.data.rows).toEqual({ train: 30, validation: 10, test: 20 });
  expect(comparison.encoders.map(({ name, kind, seeds }) => [name, kind, seeds])).toEqual([
    ["random init", "random", 2],
    ["pixels", "pixels", 1],
  ]);
  expect(comparison.encoders[0]?.facts).toMatchObject({ inputSize: size });
  expect(comparison.encoders[0]?.notes).not.toContain("seed: 0");
  expect(comparison.encoders[1]?.notes[0]).toMatch(/16 x 16 averages.* 29 principal components of 30 training images/);
  const found = comparison.results.find(
    ({ encoder: name, probe, shots }) => name === "random init" && probe === "logistic" && shots === "all",
  );
  expect(found?.runs).toHaveLength(2);
  expect(formatComparison(comparison)).toContain("30 images to learn from, 10 to choose with, 20 to test");
  // the stripes' directions are plain to see
  expect(found?.metrics.balancedAccuracy?.value).toBeGreaterThan(0.9);
});

test("a split without labels is refused", async () => {
  const engine = await createEngine();
  const unlabelled = storeOf(new Int32Array(count).fill(-1));
  const encoders = [await openEncoder("pixels", { engine, images: { store, train: splits.train } })];
  const candidates: Candidate[] = [{ name: "pixels", encoders }];
  await expect(compareEncoders(engine, { store: unlabelled, splits, candidates })).rejects.toMatchObject({
    code: "E_DATA",
  });
  await engine.dispose();
});

test("pixel features are means over cells", () => {
  const features = pixelFeatures(store, { rows: Uint32Array.of(3), grid: 2 });
  const image = pixels.subarray(3 * size * size, 4 * size * size);
  const quarter = Array.from(image).filter((_, i) => i % size < 8 && i < 8 * size);
  expect(features.columns).toBe(4);
  expect(features.data[0]).toBeCloseTo(quarter.reduce((sum, value) => sum + value, 0) / 64 / 255, 6);
});

test("the regularisation is chosen on the validation rows", async () => {
  const engine = await createEngine();
  const random = stream(3, "probe");
  const columns = 40;
  const draw = (rows: number) => {
    const data = random.fillNormal(new Float32Array(rows * columns));
    // one faint direction among noise: little regularisation overfits
    for (let i = 0; i < rows; i++) data[i * columns] = (data[i * columns] as number) + (i % 2) * 1.5;
    return { features: matrix(data, rows, columns), labels: Int32Array.from({ length: rows }, (_, i) => i % 2) };
  };
  const [train, validation, held] = [draw(60), draw(400), draw(400)];
  const probe = (grid: number[]) => logisticProbe(engine, { train, validation, test: held.features, classes: 2, grid });
  const [strong, weak] = [await probe([0.001]), await probe([100])];
  expect(strong.validation).toBeGreaterThan(weak.validation);
  expect((await probe([0.001, 100])).c).toBe(0.001);
  const short = { ...train, labels: [0, 1] };
  await expect(
    logisticProbe(engine, { train: short, validation, test: held.features, classes: 2 }),
  ).rejects.toMatchObject({
    code: "E_SHAPE",
  });
  await engine.dispose();
});
