import { fc, test } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect } from "vitest";
import { expectClose, goldens, useReference } from "./_golden.test-helper.ts";
import { bicubicMatrix, gridMatrix, resamplePositions } from "./position-embedding.ts";

beforeAll(useReference);

test.each(goldens.interpolation)(
  "the matrix from $from to $to is PyTorch's antialiased bicubic",
  ({ from, to, matrix }) => {
    expectClose(bicubicMatrix(from, to), matrix, "matrix", 1e-6);
  },
);

const side = fc.integer({ min: 1, max: 24 });

test.prop([side, side, side, side])("a constant table stays constant", (a, b, c, d) => {
  const matrix = gridMatrix([a, b], [c, d]);
  for (let row = 0; row < c * d; row++) {
    const sum = matrix.subarray(row * a * b, (row + 1) * a * b).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 5);
  }
});

test.prop([side, side])("interpolation commutes with mirroring", (from, to) => {
  const matrix = bicubicMatrix(from, to);
  const mirrored = [...matrix].reverse();
  expectClose(matrix, mirrored, "matrix", 1e-12);
});

test("an equal grid leaves the table alone", () => {
  const table = tf.randomNormal([6, 4]);
  expect(resamplePositions(table, [2, 3], { to: [2, 3], resampling: "antialias" })).toBe(table);
});

test("rows and columns are not swapped", () => {
  // columns hold 0..2, so halving the rows must not change the values
  const table = tf.tensor2d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], [12, 1]);
  const shrunk = resamplePositions(table, [4, 3], { to: [2, 3], resampling: "antialias" });
  expectClose(shrunk.dataSync(), [0, 1, 2, 0, 1, 2], "values", 1e-6);
});
