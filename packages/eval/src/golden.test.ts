// Against scikit-learn, PyTorch and scipy (tools/goldens/eval_sklearn.py).
import { readFileSync } from "node:fs";
import { createEngine } from "@lejepa/engine";
import { afterAll, expect, test } from "vitest";
import type { ComparisonTask, MetricName } from "./comparison-schema.ts";
import { knnClassify, matrix, nearestNeighbours, scorePredictions } from "./index.ts";
import { columnScaling, scaleColumns } from "./matrix.ts";
import { trainHeads } from "./probes/adamw-probe.ts";
import { createKernel, type HeadLossKind } from "./probes/kernel.ts";
import { oneHot, voteOfNeighbours } from "./probes/knn.ts";
import { fitRegression } from "./probes/regression.ts";
import { smallSample, studentQuantile } from "./statistics/estimate.ts";
import { createEvaluator, predictedClasses } from "./statistics/metrics.ts";
import type { Truth } from "./targets.ts";

interface Fit {
  readonly weight: number[];
  readonly bias: number[];
}

interface Golden {
  readonly classes: number;
  readonly columns: number;
  readonly train: number[];
  readonly labels: number[];
  readonly test: number[];
  readonly truth: number[];
  readonly knn: { readonly k: number; readonly predictions: number[]; readonly shares: number[] };
  readonly multinomial: (Fit & { readonly c: number; readonly predictions: number[] })[];
  readonly sigmoid: Fit & { readonly c: number; readonly labels: number[] };
  readonly ridge: Fit & { readonly c: number; readonly values: number[] };
  readonly adamw: Fit & { readonly learningRate: number; readonly epochs: number };
  readonly scores: number[];
  readonly weights: number[];
  readonly marks: number[];
  readonly odds: number[];
  readonly values: number[];
  readonly guesses: number[];
  readonly metrics: Record<ComparisonTask | "binary", Partial<Record<MetricName, number>>>[];
  readonly student: Record<string, number>;
  readonly t: number;
}

const golden = JSON.parse(readFileSync(new URL("fixtures/sklearn.json", import.meta.url), "utf8")) as Golden;
const { classes, columns, labels } = golden;
const rows = golden.truth.length;
const train = matrix(Float32Array.from(golden.train), labels.length, columns);
const asked = matrix(Float32Array.from(golden.test), rows, columns);
const scaling = columnScaling(train);
const engine = await createEngine({ threads: 1 });
const kernel = createKernel(engine);
afterAll(() => engine.dispose());

const largestError = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.max(...b.map((value, i) => Math.abs(value - (a[i] as number))));

test("kNN votes as scikit-learn's cosine neighbours with exp(cosine / 0.07) do", async () => {
  const { k, predictions, shares } = golden.knn;
  expect([...(await knnClassify(engine, { train, labels, test: asked, classes, k }))]).toEqual(predictions);
  const votes = voteOfNeighbours(await nearestNeighbours(engine, train, asked, k), oneHot(labels, classes), { k });
  expect(largestError(votes.data, shares)).toBeLessThan(1e-4);
});

const fits: [string, HeadLossKind, Fit & { readonly c: number }, ReturnType<typeof oneHot>][] = [
  ...golden.multinomial.map((fit): (typeof fits)[number] => [
    `softmax, C = ${fit.c}`,
    "softmax",
    fit,
    oneHot(labels, classes),
  ]),
  ["a sigmoid for each label", "sigmoid", golden.sigmoid, matrix(Float32Array.from(golden.sigmoid.labels), 90, 3)],
  ["ridge", "squares", golden.ridge, matrix(Float32Array.from(golden.ridge.values), 90, 2)],
];

test.each(fits)("regression finds scikit-learn's weights: %s", async (_, kind, { c, weight, bias }, y) => {
  const batch = await kernel.batch(kind, scaleColumns(train, scaling), y);
  const fitted = await fitRegression(kernel, batch, { c, tolerance: 1e-6 });
  expect(largestError(fitted.weight, weight)).toBeLessThan(2e-3);
  // the bias of a softmax is free, so only differences between classes are determined
  const shift = kind === "softmax" ? (fitted.bias[0] as number) - (bias[0] as number) : 0;
  expect(
    largestError(
      fitted.bias.map((b) => b - shift),
      bias,
    ),
  ).toBeLessThan(5e-3);
});

test.each(golden.multinomial)("the weights predict what scikit-learn's do, C = $c", async ({ c, predictions }) => {
  const batch = await kernel.batch("softmax", scaleColumns(train, scaling), oneHot(labels, classes));
  const { weight, bias } = await fitRegression(kernel, batch, { c });
  const products = await kernel.products(
    scaleColumns(asked, scaling),
    matrix(Float32Array.from(weight), classes, columns),
  );
  const scores = { ...products, data: products.data.map((value, i) => value + (bias[i % classes] as number)) };
  expect([...predictedClasses(scores)]).toEqual(predictions);
});

test("the linear probe takes PyTorch's AdamW steps, each head with its own rate", async () => {
  const { learningRate, epochs, weight, bias } = golden.adamw;
  const data = { x: train, y: oneHot(labels, classes) };
  const heads = await trainHeads(kernel, data, {
    kind: "softmax",
    learningRates: [learningRate / 10, learningRate],
    epochs,
    seed: 0,
  });
  expect(largestError((heads[1] as (typeof heads)[number]).weight, weight)).toBeLessThan(1e-4);
  expect(largestError((heads[1] as (typeof heads)[number]).bias, bias)).toBeLessThan(1e-4);
  expect(largestError((heads[0] as (typeof heads)[number]).weight, weight)).toBeGreaterThan(1e-2);
});

const table = (values: readonly number[]): ReturnType<typeof matrix> =>
  matrix(Float32Array.from(values), rows, values.length / rows);
const truthOf = (task: "multilabel" | "regression", values: readonly number[]): Truth => ({
  task,
  values: table(values),
  labels: new Int32Array(0),
});
const classTruth: Truth = {
  task: "classification",
  labels: Int32Array.from(golden.truth),
  values: oneHot(golden.truth, classes),
};
const second = Int32Array.from(golden.truth, (label) => (label === 1 ? 1 : 0));
const binaryScores = golden.truth.flatMap((_, i) => [0, golden.scores[i * classes + 1] as number]);
const cases = {
  classification: createEvaluator(classTruth, table(golden.scores)),
  binary: createEvaluator({ task: "classification", labels: second, values: oneHot(second, 2) }, table(binaryScores)),
  multilabel: createEvaluator(truthOf("multilabel", golden.marks), table(golden.odds)),
  regression: createEvaluator(truthOf("regression", golden.values), table(golden.guesses)),
};

test.each(Object.keys(cases) as (keyof typeof cases)[])("metrics are scikit-learn's, with weights too: %s", (task) => {
  for (const [i, weights] of [undefined, Float64Array.from(golden.weights)].entries()) {
    const expected = Object.entries((golden.metrics[i] as Golden["metrics"][number])[task]);
    const values = cases[task].values(
      expected.map(([name]) => name as MetricName),
      weights,
    );
    for (const [j, [name, value]] of expected.entries()) expect(values[j], name).toBeCloseTo(value, 6);
  }
});

test("scores of predicted classes are scikit-learn's", () => {
  const scores = scorePredictions(predictedClasses(table(golden.scores)), golden.truth);
  const { accuracy, balancedAccuracy, macroF1 } = (golden.metrics[0] as Golden["metrics"][number]).classification;
  expect(scores.accuracy).toBeCloseTo(accuracy as number, 12);
  expect(scores.balancedAccuracy).toBeCloseTo(balancedAccuracy as number, 12);
  expect(scores.macroF1).toBeCloseTo(macroF1 as number, 12);
});

test("Student's quantiles and the correction for few groups are scipy's", () => {
  expect(studentQuantile(0.975, 2)).toBeCloseTo(golden.t, 6);
  for (const [groups, factor] of Object.entries(golden.student))
    expect(smallSample(Number(groups))).toBeCloseTo(factor, 3);
});
