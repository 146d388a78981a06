// Against scikit-learn and scipy (tools/goldens/eval_sklearn.py).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { accuracy, balancedAccuracy, fitLogistic, interval, knnClassify, matrix, predictLinear } from "./index.ts";
import { columnScaling, scaleColumns } from "./matrix.ts";

interface Golden {
  classes: number;
  columns: number;
  train: number[];
  labels: number[];
  test: number[];
  truth: number[];
  knn: { k: number; predictions: number[] };
  logistic: { c: number; weight: number[][]; bias: number[]; predictions: number[] }[];
  accuracy: number;
  balancedAccuracy: number;
  interval: { values: number[]; halfWidths: Record<string, number>; t40: number };
}

const golden = JSON.parse(readFileSync(new URL("fixtures/sklearn.json", import.meta.url), "utf8")) as Golden;
const { classes, columns, labels } = golden;
const train = matrix(Float32Array.from(golden.train), labels.length, columns);
const asked = matrix(Float32Array.from(golden.test), golden.truth.length, columns);

test("kNN votes as scikit-learn's cosine neighbours with exp(cosine / 0.07) do", () => {
  const predictions = knnClassify({ train, labels, test: asked, classes, k: golden.knn.k });
  expect([...predictions]).toEqual(golden.knn.predictions);
});

test.each(golden.logistic)(
  "logistic regression finds scikit-learn's weights, C = $c",
  ({ c, weight, bias, predictions }) => {
    const scaling = columnScaling(train);
    const fitted = fitLogistic({ features: scaleColumns(train, scaling), labels }, { classes, c });
    const error = Math.max(...weight.flat().map((value, i) => Math.abs(value - (fitted.weight[i] as number))));
    expect(error).toBeLessThan(2e-3);
    // the bias is free, so only differences between classes are determined
    const shift = (fitted.bias[0] as number) - (bias[0] as number);
    for (const [k, value] of bias.entries()) expect((fitted.bias[k] as number) - shift).toBeCloseTo(value, 2);
    expect([...predictLinear(fitted, scaleColumns(asked, scaling))]).toEqual(predictions);
  },
);

test("accuracies are scikit-learn's", () => {
  const { predictions } = golden.knn;
  expect(accuracy(predictions, golden.truth)).toBeCloseTo(golden.accuracy, 12);
  expect(balancedAccuracy(predictions, golden.truth)).toBeCloseTo(golden.balancedAccuracy, 12);
});

test("the interval is Student's, as scipy gives it", () => {
  for (const [n, halfWidth] of Object.entries(golden.interval.halfWidths)) {
    expect(interval(golden.interval.values.slice(0, Number(n))).halfWidth).toBeCloseTo(halfWidth, 6);
  }
  // 41 values of standard deviation 1: half the width is t / sqrt(41)
  const alternating = Array.from({ length: 41 }, (_, i) => (i === 40 ? 0 : i % 2 === 0 ? 1 : -1));
  expect(interval(alternating).halfWidth).toBeCloseTo(golden.interval.t40 / Math.sqrt(41), 4);
});

test("one value has no interval", () => {
  expect(interval([0.5])).toEqual({ mean: 0.5, halfWidth: null, values: [0.5] });
});
