// Labels and numbers as targets: what is said of columns that cannot be scored, chance, and groups of several numbers.
import { createEngine } from "@lejepa/engine";
import { afterAll, expect, test } from "vitest";
import { gaussianFeatures } from "./_gaussian-features.test-helper.ts";
import { compareFeatures } from "./compare-features.ts";
import { matrix } from "./matrix.ts";

const engine = await createEngine({ threads: 1 });
afterAll(() => engine.dispose());

const count = 60;
const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
const features = gaussianFeatures({ labels, columns: 4, separation: 1, seed: 3 });
const rows = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const base = {
  splits: { train: rows(0, 30), validation: rows(30, 40), test: rows(40, 60) },
  groups: rows(0, count).map((row) => `g${Math.floor(row / 2)}`),
  encoders: [{ name: "x", kind: "own" as const, seeds: [{ embedding: features, probe: features }] }],
  probes: ["knn" as const],
  resamples: 20,
};
const table = (columns: readonly ((row: number) => number)[]) =>
  matrix(Float32Array.from(rows(0, count).flatMap((row) => columns.map((value) => value(row)))), count, columns.length);

test("a label without a positive test row is named; chance counts known rows alone", async () => {
  const values = table([
    (row) => (row % 4 === 3 ? Number.NaN : (labels[row] as number)),
    (row) => Number(row < 40 && row % 3 === 0),
  ]);
  const { data, results } = await compareFeatures(engine, {
    ...base,
    targets: { task: "multilabel", classes: ["seen", "gone"], values },
  });
  expect(data.notes).toContain("the test rows have a single value of gone: without AUROC, and not in its mean");
  // of 15 test rows with a known value 5 have the label
  expect(data.chance).toEqual({ auroc: 0.5, averagePrecision: expect.closeTo(1 / 3, 6) as number });
  expect(results.at(-1)?.metrics.auroc?.value).not.toBeNull();
});

test("errors of several numbers are counted in their deviations in each group", async () => {
  const scaled = async (factor: number) => {
    const values = table([(row) => Math.sin(row), (row) => factor * Math.cos(row)]);
    const targets = { task: "regression" as const, classes: ["a", "b"], values };
    const { details } = await compareFeatures(engine, { ...base, shots: ["all"], targets });
    return details[0]?.perGroup.map(({ value }) => value) ?? [];
  };
  const [one, large] = [await scaled(1), await scaled(1000)];
  expect(one).toHaveLength(10);
  for (const [i, value] of one.entries()) expect(large[i]).toBeCloseTo(value as number, 3);
});

test("refuses targets that do not vary in a split, and class means of numbers", async () => {
  const flat = { task: "regression" as const, classes: ["a"], values: table([(row) => (row < 40 ? row : 7)]) };
  await expect(compareFeatures(engine, { ...base, targets: flat })).rejects.toThrow(
    "compare: test split: expected different values of a target, got one value for all of them.",
  );
  const varied = { ...flat, values: table([(row) => row]) };
  await expect(compareFeatures(engine, { ...base, targets: varied, probes: ["finetune"] })).rejects.toThrow(
    "compare: probes: expected probes of regression (knn, logistic, linear), got finetune.",
  );
});
