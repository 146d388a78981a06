import * as fc from "fast-check";
import { expect, test } from "vitest";
import { stream, type RandomStream } from "./random.ts";

const draws = (source: RandomStream, n: number): number[] => Array.from({ length: n }, () => source.uint32());
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const words = fc.integer({ min: 0, max: 0xffffffff });

test("a stream is a function of its four arguments", () => {
  fc.assert(
    fc.property(seeds, fc.string(), words, words, (seed, purpose, step, rank) => {
      expect(draws(stream(seed, purpose, step, rank), 9)).toEqual(draws(stream(seed, purpose, step, rank), 9));
    }),
  );
});

test("each argument counts, the seed's upper bits included", () => {
  const base = draws(stream(1, "views", 2, 3), 4);
  for (const other of [
    stream(2, "views", 2, 3),
    stream(1 + 2 ** 32, "views", 2, 3),
    stream(1, "view", 2, 3),
    stream(1, "views", 3, 3),
    stream(1, "views", 2, 4),
    stream(1, "views", 3, 2),
  ]) {
    expect(draws(other, 4)).not.toEqual(base);
  }
});

test("the first draws never change (runs of the past must repeat)", () => {
  expect(draws(stream(0, "sigreg directions"), 5)).toMatchInlineSnapshot(`
    [
      4226795329,
      2894357698,
      4038248881,
      788600077,
      2152270098,
    ]
  `);
  expect(stream(7, "views", 100, 3).uniform()).toMatchInlineSnapshot(`0.25138562731444836`);
  expect([...stream(7, "epoch order", 1).permutation(8)]).toMatchInlineSnapshot(`
    [
      5,
      0,
      1,
      6,
      3,
      4,
      7,
      2,
    ]
  `);
});

test.each([
  ["seed", -1, 0],
  ["seed", 0.5, 0],
  ["seed", 2 ** 53, 0],
  ["step", 0, 2 ** 32],
  ["step", 0, -1],
])("a wrong %s is refused", (name, seed, step) => {
  expect(() => stream(seed, "x", step)).toThrow(`stream: expected ${name} as an integer`);
});

test("uniform: mean, variance and range", () => {
  const values = stream(3, "uniform").fillUniform(new Float32Array(100_000), -2, 4);
  const { mean, variance } = moments(values);
  expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(3 / 100_000));
  expect(Math.abs(variance - 3)).toBeLessThan(0.03);
  expect(Math.min(...values.subarray(0, 1000))).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...values.subarray(0, 1000))).toBeLessThanOrEqual(4);
});

test("normal: moments up to the fourth, and the Kolmogorov distance to the normal distribution", () => {
  const n = 100_000;
  const values = stream(3, "normal").fillNormal(new Float32Array(n));
  const { mean, variance } = moments(values);
  const third = values.reduce((sum, value) => sum + value ** 3, 0) / n;
  const fourth = values.reduce((sum, value) => sum + value ** 4, 0) / n;
  // four standard errors each
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  expect(Math.abs(third)).toBeLessThan(4 * Math.sqrt(15 / n));
  expect(Math.abs(fourth - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  expect(kolmogorov(values)).toBeLessThan(1.95 / Math.sqrt(n));
});

test("integer is in range and even", () => {
  const source = stream(5, "integer");
  const counts = Array.from({ length: 7 }, () => 0);
  for (let i = 0; i < 70_000; i++) counts[source.integer(7)]! += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(22.5); // 0.1 % of the chi-square distribution with 6 degrees of freedom
  expect(stream(5, "integer").integer(1)).toBe(0);
  expect(stream(5, "integer").integer(2 ** 32)).toBeGreaterThanOrEqual(0);
  for (const n of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => source.integer(n)).toThrow("expected n in 1 .. 2^32");
});

test("bernoulli keeps its rate, and its ends", () => {
  const source = stream(6, "bernoulli");
  let hits = 0;
  for (let i = 0; i < 20_000; i++) hits += source.bernoulli(0.3) ? 1 : 0;
  expect(Math.abs(hits / 20_000 - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 20_000));
  expect(Array.from({ length: 50 }, () => source.bernoulli(0)).includes(true)).toBe(false);
  expect(Array.from({ length: 50 }, () => source.bernoulli(1)).includes(false)).toBe(false);
});

test("a permutation holds every number once", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 0, max: 300 }), (seed, n) => {
      const order = stream(seed, "permutation").permutation(n);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
});

test("permutations of three are equally likely", () => {
  const counts = new Map<string, number>();
  const source = stream(9, "permutation");
  for (let i = 0; i < 12_000; i++) {
    const key = source.permutation(3).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(counts.size).toBe(6);
  expect(chiSquare).toBeLessThan(20.5); // 0.1 %, 5 degrees of freedom
});

test("streams of neighbouring steps are uncorrelated", () => {
  const n = 20_000;
  const a = stream(1, "x", 0).fillNormal(new Float32Array(n));
  const b = stream(1, "x", 1).fillNormal(new Float32Array(n));
  const correlation = a.reduce((sum, value, i) => sum + value * (b[i] as number), 0) / n;
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
});

function moments(values: Float32Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

// largest distance between the empirical distribution and the normal one
function kolmogorov(values: Float32Array): number {
  const sorted = values.slice().sort();
  return sorted.reduce((worst, value, i) => Math.max(worst, Math.abs((i + 0.5) / sorted.length - normalCdf(value))), 0);
}

// Abramowitz and Stegun 7.1.26, error below 1.5e-7
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (poly * Math.exp((-x * x) / 2)) / 2;
  return x > 0 ? 1 - tail : tail;
}
