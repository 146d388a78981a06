import { fc, test as property } from "@fast-check/vitest";
import { EigenvalueDecomposition, Matrix as Table } from "ml-matrix";
import { expect, test } from "vitest";
import { matrix } from "../matrix.ts";
import { principalComponents, project } from "./pixel-features.ts";

/** Correlated columns: sums of fewer waves than columns, and a little of everything. */
function table(rows: number, columns: number, seed: number): ReturnType<typeof matrix> {
  const wave = (i: number, k: number): number => Math.sin(1.7 * (i + 1) * (k + 1 + 0.1 * seed));
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return 3 * wave(i, 1) * wave(j, 2) + wave(i, 3) * wave(j, 5) + 0.1 * Math.sin(i * i + 3 * j * seed + j * j * j);
  });
  return matrix(data, rows, columns);
}

property.prop([fc.integer({ min: 3, max: 40 }), fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 50 })], {
  numRuns: 25,
})("variances along the components are the covariance's largest eigenvalues", (rows, columns, seed) => {
  const features = table(rows, columns, seed);
  const count = Math.min(4, columns, rows - 1);
  const found = principalComponents(features, count);
  const scores = project(features, found);
  const exact = new Table(
    Array.from({ length: rows }, (_, i) => [...features.data.subarray(i * columns, (i + 1) * columns)]),
  );
  exact.subRowVector(exact.mean("column"));
  const covariance = exact
    .transpose()
    .mmul(exact)
    .div(rows - 1);
  const largest = new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).realEigenvalues.sort(
    (a, b) => b - a,
  );
  for (let k = 0; k < count; k++) {
    let variance = 0;
    for (let i = 0; i < rows; i++) variance += (scores.data[i * count + k] as number) ** 2 / (rows - 1);
    expect(Math.abs(variance - (largest[k] as number))).toBeLessThan(1e-3 * (largest[0] as number));
  }
  expect(found.share).toBeLessThanOrEqual(1 + 1e-9);
});

test("the same every time, and fewer components than rows", () => {
  const features = table(5, 20, 3);
  expect(principalComponents(features, 64)).toEqual(principalComponents(features, 64));
  expect(principalComponents(features, 64).directions.rows).toBe(4);
});

test("images without any variance give zeros, not NaN", () => {
  const features = matrix(new Float32Array(30).fill(0.5), 6, 5);
  const scores = project(features, principalComponents(features, 3));
  expect([...scores.data].every((value) => Math.abs(value) < 1e-12)).toBe(true);
});
