// Statistics of speckle against scipy's gamma distribution (tools/goldens/augment_observation.py).
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { largestGap } from "../_fixture.test-helper.ts";
import { applyOne, drawOne, type OneOperation } from "../_operation.test-helper.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

interface Gamma {
  readonly looks: number;
  readonly shares: readonly number[];
  readonly quantiles: readonly number[];
  readonly mean: number;
  readonly variance: number;
  readonly meanDecibels: number;
  readonly deviationDecibels: number;
  readonly meanAmplitude: number;
}

const { speckle: gammas } = JSON.parse(
  readFileSync(new URL("../../fixtures/observation.json", import.meta.url), "utf8"),
) as { readonly speckle: readonly Gamma[] };

const size = 64;
const views = 6;
const count = views * size * size;

/** Speckled values of a constant image, so small in its range that nothing is cut off, in the image's unit. */
function sample(looks: number, unit: string, range: readonly [number, number], value: number): Float32Array {
  const one: OneOperation = { name: "speckle", channels: 1, size, range, options: { unit, looks: [looks, looks] } };
  const x = (value - range[0]) / (range[1] - range[0]);
  const out = applyOne(one, drawOne(one, views), new Float32Array(count).fill(x));
  return out.map((v) => range[0] + v * (range[1] - range[0]));
}

function moments(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

test.each(gammas)("intensity of $looks looks: mean, variance and quantiles are the gamma distribution's", (gamma) => {
  const factors = sample(gamma.looks, "intensity", [0, 100], 1);
  const { mean, deviation } = moments(factors);
  const error = Math.sqrt(gamma.variance / count);
  expect(Math.abs(mean - gamma.mean)).toBeLessThan(5 * error + 0.005);
  expect(Math.abs(deviation ** 2 / gamma.variance - 1)).toBeLessThan(0.05);
  const sorted = factors.toSorted();
  for (const [i, share] of gamma.shares.entries()) {
    const quantile = sorted[Math.floor(share * count)] as number;
    expect(Math.abs(quantile - (gamma.quantiles[i] as number)), `${share}`).toBeLessThan(0.02 + 0.02 * quantile);
  }
});

test.each(gammas)("decibels of $looks looks: mean and deviation of 10 log10", (gamma) => {
  const { mean, deviation } = moments(sample(gamma.looks, "auto", [-80, 40], -15));
  // three standard errors of the mean, and what the cube is off
  expect(Math.abs(mean + 15 - gamma.meanDecibels)).toBeLessThan((3 * deviation) / Math.sqrt(count) + 0.03);
  expect(Math.abs(deviation - gamma.deviationDecibels)).toBeLessThan(0.15);
});

test("amplitudes are multiplied by the square root", () => {
  for (const { looks, meanAmplitude } of gammas)
    expect(Math.abs(moments(sample(looks, "amplitude", [0, 100], 1)).mean - meanAmplitude)).toBeLessThan(0.02);
});

test("values are the image's own, not shares of its range", () => {
  const drawn = { looks: 4, noiseStart: 7, noiseStride: 5 };
  const factors = (range: readonly [number, number], value: number): number[] => {
    const one: OneOperation = { name: "speckle", channels: 1, size: 8, range, options: { unit: "intensity" } };
    const x = (value - range[0]) / (range[1] - range[0]);
    return Array.from(
      applyOne(one, [drawn], Array<number>(64).fill(x)),
      (v) => (range[0] + v * (range[1] - range[0])) / value,
    );
  };
  expect(largestGap(factors([0, 100], 20), factors([2, 90], 20))).toBeLessThan(1e-4);
});

test("bands and views have speckle of their own; looks are drawn evenly in their logarithm", () => {
  const one: OneOperation = { name: "speckle", channels: 2, size: 32, options: { looks: [1, 100] } };
  const drawn = drawOne(one, 400);
  const few = drawn.filter(({ looks }) => (looks as number) < 10).length;
  // half of them; five standard deviations
  expect(Math.abs(few - 200)).toBeLessThan(50);
  const out = applyOne(one, drawn.slice(0, 2), new Float32Array(2 * 2 * 1024).fill(0.2));
  const plane = (i: number): Float32Array => out.slice(i * 1024, (i + 1) * 1024).map((v) => v - 0.2);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [2, 3],
  ] as const) {
    const [p, q] = [plane(a), plane(b)];
    const product = p.reduce((sum, v, i) => sum + v * (q[i] as number), 0);
    const norm = Math.sqrt(p.reduce((sum, v) => sum + v * v, 0) * q.reduce((sum, v) => sum + v * v, 0));
    expect(Math.abs(product / norm)).toBeLessThan(0.16);
  }
});
