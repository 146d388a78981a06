// Critical values against the literature's and against exact moments; and what they refuse.
import { stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { numbers, useReference } from "../_golden.test-helper.ts";
import { foldedKnots } from "../quadrature.ts";
import { criticalValue, significanceLevels } from "./critical-values.ts";
import { bhep, henzeZirkler } from "./multivariate-tests.ts";
import { normalityTests } from "./registry.ts";

beforeAll(useReference);

const normals = (samples: number, columns: number, seed: number): Float32Array =>
  stream(seed, "critical values test").fillNormal(new Float32Array(samples * columns));
const table = (values: Float32Array, columns: number): tf.Tensor2D =>
  tf.tensor2d(values, [values.length / columns, columns]);

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const standardError = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - centre) ** 2)) / values.length);
};

/** Samples [n, dim] with mean 0 and covariance I (over n): centred, then turned by the inverse Cholesky factor. */
function standardised(values: Float32Array, dim: number): Float32Array {
  const n = values.length / dim;
  const out = Float64Array.from(values);
  // Gram-Schmidt over the columns does both at once: an affine map of each sample, and all such maps agree up to a rotation
  for (let d = 0; d < dim; d++) {
    const column = (k: number): number[] => Array.from({ length: n }, (_, i) => out[i * dim + k]!);
    let current = column(d);
    const centre = mean(current);
    current = current.map((v) => v - centre);
    for (let k = 0; k < d; k++) {
      const other = column(k);
      const along = mean(current.map((v, i) => v * other[i]!));
      current = current.map((v, i) => v - along * other[i]!);
    }
    const length = Math.sqrt(mean(current.map((v) => v * v)));
    current.forEach((v, i) => (out[i * dim + d] = v / length));
  }
  return Float32Array.from(out);
}

describe("critical values", () => {
  const asymptotic: [string, number, (value: number, n: number) => number, number[]][] = [
    ["anderson-darling", 4096, (v) => v, [1.933, 2.492, 3.857]],
    ["cramer-von-mises", 4096, (v, n) => n * v + 1 / (12 * n), [0.347, 0.461, 0.743]],
    ["watson", 4096, (v, n) => n * v + 1 / (12 * n), [0.152, 0.187, 0.268]],
    ["kolmogorov-smirnov", 4096, (v, n) => Math.sqrt(n) * v, [1.224, 1.358, 1.628]],
    ["variance-covariance", 4096, (v) => v, [4.605, 5.991, 9.21]],
    ["extended-jarque-bera", 4096, (v) => v, [7.779, 9.488, 13.277]],
  ];

  test.each(asymptotic)("%s: those of the literature for many samples", (name, samples, scaled, expected) => {
    for (const [i, level] of significanceLevels.entries()) {
      const ratio = scaled(criticalValue(name, { samples, level }), samples) / expected[i]!;
      // two to three standard errors of the simulation
      expect(Math.abs(ratio - 1), `at ${level}`).toBeLessThan(level === 0.01 ? 0.05 : 0.03);
    }
  });

  test("epps-pulley: the mean under N(0, 1) is sum w (1 - phi^2), whatever the number of samples", () => {
    const { weight, phi } = foldedKnots({ quadrature: "half-line", knots: 17, tMax: 3 });
    const expected = weight.reduce((sum, w, k) => sum + w * (1 - phi[k]! ** 2), 0);
    const values = numbers(normalityTests[0]!.statistic(table(normals(40, 4000, 8), 4000)));
    expect(Math.abs(mean(values) - expected)).toBeLessThan(4 * standardError(values));
  });

  test.each([2, 5])("bhep, %i dimensions: the mean of n T under N(0, I) is 1 - (1 + 2 b^2)^{-d/2}", (dim) => {
    const values = Array.from(
      { length: 200 },
      (_, seed) => 32 * numbers(bhep(table(normals(32 * dim, 1, seed), dim), { beta: 0.8 }))[0]!,
    );
    expect(Math.abs(mean(values) - (1 - (1 + 2 * 0.8 ** 2) ** (-dim / 2)))).toBeLessThan(4 * standardError(values));
  });

  test.each([2, 3])("henze-zirkler, %i dimensions: mean and the 5 percent point of the literature", (dim) => {
    // Henze and Zirkler (1990): for standardised samples n T is about lognormal, with these two moments
    const n = 100;
    const square = (((2 * dim + 1) * n) / 4) ** (2 / (dim + 4)) / 2;
    const a = 1 + 2 * square;
    const w = (1 + square) * (1 + 3 * square);
    const expected = 1 - a ** (-dim / 2) * (1 + (dim * square) / a + (dim * (dim + 2) * square ** 2) / (2 * a ** 2));
    const variance =
      2 * (1 + 4 * square) ** (-dim / 2) +
      2 * a ** -dim * (1 + (2 * dim * square ** 2) / a ** 2 + (3 * dim * (dim + 2) * square ** 4) / (4 * a ** 4)) -
      4 * w ** (-dim / 2) * (1 + (3 * dim * square ** 2) / (2 * w) + (dim * (dim + 2) * square ** 4) / (2 * w ** 2));
    const logVariance = Math.log(1 + variance / expected ** 2);
    const critical = Math.exp(Math.log(expected) - logVariance / 2 + 1.644854 * Math.sqrt(logVariance));
    const values = Array.from(
      { length: 250 },
      (_, seed) => n * numbers(henzeZirkler(table(standardised(normals(n * dim, 1, seed), dim), dim)))[0]!,
    );
    // the published moments are those for many samples
    expect(Math.abs(mean(values) - expected)).toBeLessThan(0.02 * expected + 3 * standardError(values));
    const rejected = values.filter((v) => v > critical).length / values.length;
    expect(Math.abs(rejected - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / values.length));
  });

  test("grow with the demand, are finite everywhere, and follow their scale beyond the table", () => {
    for (const { name, kind } of normalityTests) {
      for (const samples of [64, 100, 1000, 100_000]) {
        const dim = kind === "multivariate" ? 5 : undefined;
        const [a, b, c] = significanceLevels.map((level) => criticalValue(name, { samples, dim, level }));
        expect(a!, name).toBeLessThan(b!);
        expect(b!, name).toBeLessThan(c!);
        expect(Number.isFinite(c!)).toBe(true);
      }
    }
    const ks = (samples: number): number => criticalValue("kolmogorov-smirnov", { samples });
    expect(ks(1e6) / ks(1e4)).toBeCloseTo(0.1, 6);
  });

  test("hold for every test of the registry, and refuse what they do not hold", () => {
    expect(() => criticalValue("t-test", { samples: 64 })).toThrow(/expected one of epps-pulley, .*, got t-test/);
    expect(() => criticalValue("watson", { samples: 10 })).toThrow(/at least 32 samples, got 10/);
    expect(() => criticalValue("bhep", { samples: 64 })).toThrow(/dim in 2 \.\. 32, got undefined/);
    expect(() => criticalValue("watson", { samples: 64, level: 0.5 as 0.05 })).toThrow(
      /level as one of 0.1, 0.05, 0.01/,
    );
  });
});
