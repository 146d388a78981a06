import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { fixture, relativeError, useReference } from "../_golden.test-helper.ts";
import { bhep, henzeZirkler } from "./multivariate.ts";
import { normalityTests } from "./registry.ts";
import {
  andersonDarling,
  cramerVonMises,
  extendedJarqueBera,
  kolmogorovSmirnov,
  shapiroWilk,
  varianceCovariance,
  watson,
} from "./univariate.ts";

interface Golden {
  readonly test: string;
  readonly input: string;
  readonly value: number[];
}

const golden = fixture<{ inputs: Record<string, number[]>; univariate: Golden[]; multivariate: Golden[] }>(
  "normality-tests",
);

beforeAll(useReference);

// the references are float32 themselves; Anderson-Darling's lose digits in the tails
const univariate: readonly [string, (x: tf.Tensor) => tf.Tensor, number][] = [
  ["AndersonDarling", andersonDarling, 6e-3],
  ["CramerVonMises", cramerVonMises, 1e-5],
  ["Watson", watson, 2e-5],
  ["ShapiroWilk(blom,shapiro_francia)", (x) => shapiroWilk(x), 5e-5],
  ["ShapiroWilk(rahman,shapiro_francia)", (x) => shapiroWilk(x, { expectation: "rahman" }), 5e-5],
  ["ShapiroWilk(rahman,rahman)", (x) => shapiroWilk(x, { expectation: "rahman", covariance: "rahman" }), 5e-5],
  ["ExtendedJarqueBera", extendedJarqueBera, 1e-5],
  ["VCReg", varianceCovariance, 1e-5],
];

test.each(univariate)("%s equals the reference", async (name, statistic, tolerance) => {
  const cases = golden.univariate.filter((entry) => entry.test === name);
  expect(cases).toHaveLength(5);
  for (const { input, value } of cases) {
    const x = tf.tensor2d(golden.inputs[input] ?? [], [64, 3]);
    expect(relativeError(await statistic(x).data(), value)).toBeLessThan(tolerance);
  }
});

test.each([
  ["HZ", henzeZirkler, 1e-5],
  ["BHEP(beta=0.1)", (x: tf.Tensor) => bhep(x, { beta: 0.1 }), 5e-3],
] as const)("%s equals the reference", async (name, statistic, tolerance) => {
  for (const { input, value } of golden.multivariate.filter((entry) => entry.test === name)) {
    const x = tf.tensor2d(golden.inputs[input] ?? [], [64, 3]);
    expect(relativeError(await statistic(x).data(), value)).toBeLessThan(tolerance);
  }
});

test("Kolmogorov-Smirnov is the largest gap, by hand", async () => {
  // F(0) = 0.5: gaps 0.5 above and below; F(1) = 0.841345: 1 - F = 0.158655, F - 1/2 = 0.341345
  const x = tf.tensor2d([0, 1], [2, 1]);
  expect((await kolmogorovSmirnov(x).data())[0]).toBeCloseTo(0.5, 6);
});

test("every test scores a normal sample below a shifted one", async () => {
  const normal = tf.tensor2d(golden.inputs.normal ?? [], [64, 3]);
  const shifted = tf.tensor2d(golden.inputs.shifted ?? [], [64, 3]);
  for (const { name, statistic } of normalityTests) {
    const [low, high] = await Promise.all([tf.max(statistic(normal)).data(), tf.min(statistic(shifted)).data()]);
    expect(low[0], name).toBeLessThan(high[0] ?? 0);
  }
});

/** Largest absolute gradient when one of 64 samples is moved out to `distance`. */
async function gradientAt(statistic: (x: tf.Tensor) => tf.Tensor, distance: number): Promise<number> {
  const column = (golden.inputs.normal ?? []).filter((_, i) => i % 3 === 0);
  const x = tf.tensor2d([distance, ...column.slice(1)], [64, 1]);
  const gradient = tf.grad((v: tf.Tensor) => tf.sum(statistic(v)))(x);
  return (await tf.max(tf.abs(gradient)).data())[0] ?? Number.NaN;
}

test("the gradient of Epps-Pulley stays bounded for a far point, that of the moment tests does not (theorems 3, 4)", async () => {
  const find = (name: string) => normalityTests.find((entry) => entry.name === name)?.statistic ?? (() => tf.scalar(0));
  const growth = async (name: string): Promise<number> =>
    (await gradientAt(find(name), 1000)) / (await gradientAt(find(name), 10));
  expect(await growth("epps-pulley")).toBeLessThan(2);
  expect(await growth("variance-covariance")).toBeGreaterThan(100);
});
