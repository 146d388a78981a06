import { stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture, numbers, relativeError, useReference } from "../_golden.test-helper.ts";
import { foldedKnots } from "../quadrature.ts";
import { criticalValue } from "./critical-values.ts";
import { logNormalCdf } from "./normal.ts";
import { vasicekEntropy } from "./order-tests.ts";
import { type NormalityTest, normalityTests } from "./registry.ts";
import { sortRows } from "./sort.ts";

beforeAll(useReference);

const normals = (samples: number, columns: number, seed = 0): Float32Array =>
  stream(seed, "normality test").fillNormal(new Float32Array(samples * columns));
const table = (values: Float32Array, columns: number): tf.Tensor2D =>
  tf.tensor2d(values, [values.length / columns, columns]);

describe("log Phi", () => {
  const { x, logCdf } = fixture<{ x: number[]; logCdf: number[] }>("normal-tails");

  test("has float32's digits in both tails, and the hazard as its gradient", () => {
    const got = numbers(logNormalCdf(tf.tensor1d(x)));
    const grad = numbers(tf.grad((v: tf.Tensor) => tf.sum(logNormalCdf(v)))(tf.tensor1d(x)));
    for (const [i, expected] of logCdf.entries()) {
      const density = -(x[i]! ** 2) / 2 - Math.log(2 * Math.PI) / 2;
      // above 0 both are an exp, whose relative error is its exponent's absolute one
      const exponent = x[i]! > 0 ? -density * 2 ** -23 : 0;
      expect(Math.abs(got[i]! / expected - 1), `at ${x[i]}`).toBeLessThan(5e-7 + exponent);
      const hazard = Math.exp(density - expected);
      expect(Math.abs(grad[i]! / hazard - 1), `gradient at ${x[i]}`).toBeLessThan(5e-7 + exponent);
    }
  });

  test("and at distances where Phi underflows", () => {
    const far = tf.tensor1d([-1e3, 1e3]);
    expect(relativeError(numbers(logNormalCdf(far)), [-500_007.8, 0])).toBeLessThan(1e-6);
    expect(relativeError(numbers(tf.grad((v: tf.Tensor) => tf.sum(logNormalCdf(v)))(far)), [1000.001, 0])).toBeLessThan(
      1e-6,
    );
  });
});

test("sorting sends the gradient back to where each value came from, ties included", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 5, maxLength: 5 }), {
        minLength: 1,
        maxLength: 4,
      }),
      (rows) => {
        const x = tf.tensor2d(rows);
        const expected = rows.map((row) => row.toSorted((a, b) => a - b));
        expect(numbers(sortRows(x))).toEqual(expected.flat());
        const weights = tf.tensor2d([[1, 2, 3, 4, 5]]);
        const grad = numbers(tf.grad((v: tf.Tensor) => tf.sum(tf.mul(sortRows(v as tf.Tensor2D), weights)))(x));
        rows.forEach((row, r) => {
          // the gradients of equal values are those of their ranks, in some order
          for (const value of new Set(row)) {
            const got = row.flatMap((v, i) => (v === value ? [grad[r * 5 + i]!] : [])).toSorted((a, b) => a - b);
            const ranks = expected[r]!.flatMap((v, i) => (v === value ? [i + 1] : []));
            expect(got).toEqual(ranks);
          }
        });
      },
    ),
  );
});

describe.each(normalityTests)("$name", ({ statistic, name, kind }) => {
  test("does not depend on the order of the samples", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const x = table(normals(24, 2, seed), 2);
        const order = Array.from(stream(seed, "order").permutation(24));
        expect(relativeError(numbers(statistic(tf.gather(x, order))), numbers(statistic(x)))).toBeLessThan(1e-4);
      }),
      { numRuns: 15 },
    );
  });

  test("accepts normal samples about as often as its level says", () => {
    const columns = kind === "univariate" ? 300 : 2;
    const rounds = kind === "univariate" ? 1 : 150;
    const critical = criticalValue(name, { samples: 64, dim: kind === "univariate" ? undefined : 2, level: 0.1 });
    let [rejected, total] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      for (const value of numbers(statistic(table(normals(64, columns, round + 11), columns)))) {
        rejected += Number(value > critical);
        total += 1;
      }
    }
    const spread = Math.sqrt((0.1 * 0.9) / total);
    expect(Math.abs(rejected / total - 0.1)).toBeLessThan(4 * spread);
  });

  test("rejects what is plainly not normal", () => {
    const options = { samples: 64, dim: kind === "univariate" ? undefined : 2, level: 0.01 } as const;
    const skewed = table(
      normals(64, 2, 5).map((v) => v * v),
      2,
    ); // chi-square, mean 1
    for (const value of numbers(statistic(skewed))) expect(value).toBeGreaterThan(criticalValue(name, options));
  });
});

describe("theorem 4: what a sample far out, or all samples close together, do to the gradient", () => {
  const base = normals(64, 2, 1);
  const gradient = ({ statistic }: NormalityTest, values: Float32Array): number[] =>
    numbers(tf.grad((x: tf.Tensor) => tf.sum(statistic(x)))(table(values, 2))).map(Math.abs);
  /** Largest gradient anywhere, and at the outlier, with the first sample moved out. */
  const outlier = (entry: NormalityTest, distance: number): { all: number; itself: number } => {
    const values = base.slice();
    values.fill(distance, 0, 2);
    const grad = gradient(entry, values);
    return { all: Math.max(...grad), itself: Math.max(grad[0]!, grad[1]!) };
  };
  const squeezed = (entry: NormalityTest, scale: number): number =>
    Math.max(
      ...gradient(
        entry,
        base.map((v) => v * scale),
      ),
    );
  const distances = [10, 30, 100, 300, 1000];

  test.each(normalityTests.filter((t) => t.gradient === "unbounded"))("$name: without bound", (entry) => {
    const growth = Math.max(
      outlier(entry, 1000).all / outlier(entry, 10).all,
      squeezed(entry, 1e-4) / squeezed(entry, 1e-2),
    );
    const overflows = Number.isNaN(growth);
    expect(overflows || growth > 4).toBe(true);
  });

  test.each(normalityTests.filter((t) => t.gradient !== "unbounded"))("$name: bounded", (entry) => {
    const near = outlier(entry, 3).all;
    for (const distance of distances) expect(outlier(entry, distance).all).toBeLessThan(3 * near);
    for (const scale of [1e-1, 1e-2, 1e-4]) expect(squeezed(entry, scale)).toBeLessThan(10 * near);
  });

  test.each(normalityTests.filter((t) => t.gradient === "vanishing"))("$name: no pull on an outlier", (entry) => {
    for (const distance of distances.slice(2)) expect(outlier(entry, distance).itself).toBeLessThan(1e-6);
  });

  test("epps-pulley: a pull at any distance, below its analytic bound", () => {
    const ep = normalityTests.find((t) => t.name === "epps-pulley")!;
    const { t, weight } = foldedKnots({ quadrature: "half-line", knots: 17, tMax: 3 });
    // |dT/dx| = 2 |sum w t (S cos - (C - phi) sin)| <= 2 sum w t |(C - phi, S)| <= 2 sum w t 2
    const bound = 4 * t.reduce((sum, at, k) => sum + weight[k]! * at, 0);
    const pulls = distances.map((distance) => outlier(ep, distance).itself);
    for (const pull of pulls) expect(pull).toBeLessThan(bound);
    expect(pulls.filter((pull) => pull > 1e-4).length).toBeGreaterThanOrEqual(4); // it may pass through 0
  });

  test("only a bounded one is fit for training", () => {
    for (const { fitFor, gradient: kind } of normalityTests) expect(fitFor === "training").toBe(kind === "bounded");
  });
});

test("entropy needs more samples than a spacing is wide", () => {
  expect(() => vasicekEntropy(tf.zeros([4, 1]), { width: 2 })).toThrow(/more than 4 samples, got 4/);
});
