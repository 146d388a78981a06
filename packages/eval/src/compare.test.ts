// The whole path on a store in memory: features through a compiled program, probes, table.
import { stream } from "@lejepa/contracts";
import type { ImageStore, Splits } from "@lejepa/data";
import { createEncoder } from "@lejepa/encoders";
import { createEngine } from "@lejepa/engine";
import { expect, test } from "vitest";
import {
  type Candidate,
  compareEncoders,
  extractFeatures,
  formatComparison,
  logisticProbe,
  matrix,
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

function storeOf(labels: Int32Array): ImageStore {
  const rowElements = size * size;
  return {
    count,
    height: size,
    width: size,
    channels: 1,
    dtype: "uint8",
    rowElements,
    range: [0, 255],
    labels,
    items: [],
    classes: ["across", "down"],
    fingerprint: "",
    failures: [],
    skipped: [],
    warnings: [],
    readMasks: (rows) => new Uint8Array(rows.length * size * size).fill(1),
    notes: {},
    imagesFile: "",
    headerBytes: 0,
    read: (rows) =>
      Uint8Array.from(
        Array.from(rows).flatMap((row) => [...pixels.subarray(row * rowElements, (row + 1) * rowElements)]),
      ),
    close() {},
  };
}

const store = storeOf(Int32Array.from({ length: count }, (_, i) => i % 2));
const range = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, i) => from + i);
const splits: Splits = { train: range(0, 30), validation: range(30, 40), test: range(40, 60) };
const encoder = createEncoder("resnet10", { channels: 1, width: 8, stem: "small", init: "torch" });
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

test("a comparison has every candidate and the pixels, and all seeds of each", async () => {
  const engine = await createEngine();
  const candidates: Candidate[] = [{ name: "random init", kind: "random", encoders: [frozen(0), frozen(1)] }];
  const comparison = await compareEncoders(engine, { store, splits, candidates, shots: [1, "all"] });
  await engine.dispose();
  expect(comparison.data.rows).toEqual({ train: 30, validation: 10, test: 20 });
  expect(comparison.encoders.map(({ name, seeds }) => [name, seeds])).toEqual([
    ["random init", 2],
    ["pixels", 1],
  ]);
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
  await expect(compareEncoders(engine, { store: unlabelled, splits, candidates: [] })).rejects.toMatchObject({
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
