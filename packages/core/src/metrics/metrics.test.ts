import { stream } from "@lejepa/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixture } from "../_golden.test-helper.ts";
import { compareScores, expectComparable, labelFreeScore } from "./label-free-score.ts";
import {
  alphaReQ,
  covarianceSpectrum,
  effectiveRank,
  type FeatureTable,
  featureStd,
  lidar,
  rankMe,
} from "./spectrum.ts";

const table = (samples: number, dim: number, at: (i: number, d: number) => number): FeatureTable => ({
  data: Float32Array.from({ length: samples * dim }, (_, k) => at(Math.floor(k / dim), k % dim)),
  samples,
  dim,
});

/** Rows ±1 on one axis each: covariance and singular values are all equal. */
const cross = table(8, 4, (i, d) => (i % 4 === d ? (i < 4 ? 1 : -1) : 0));

interface MetricsGolden {
  samples: number;
  views: number;
  dim: number;
  cases: {
    name: string;
    features: number[];
    rankMe: number;
    effectiveRank: number;
    alphaReQ: number;
    spectrum: number[];
    lidar: number;
    featureStd: number;
  }[];
}
const golden = fixture<MetricsGolden>("metrics");

test.each(golden.cases)("numpy's values: $name", (expected) => {
  const features = { data: Float32Array.from(expected.features), samples: golden.samples, dim: golden.dim };
  expect(rankMe(features)).toBeCloseTo(expected.rankMe, 6);
  expect(effectiveRank(features)).toBeCloseTo(expected.effectiveRank, 8);
  expect(alphaReQ(features)).toBeCloseTo(expected.alphaReQ, 6);
  for (const [i, value] of covarianceSpectrum(features).entries()) expect(value).toBeCloseTo(expected.spectrum[i]!, 6);
  expect(lidar(features, { views: golden.views })).toBeCloseTo(expected.lidar, 8);
  expect(featureStd(features)).toBeCloseTo(expected.featureStd, 8);
});

test("fewer samples than dimensions: the same values through the other Gram matrix", () => {
  const draws = stream(5, "wide");
  const wide = table(5, 9, () => draws.normal());
  const padded = { data: new Float32Array([...wide.data, ...new Float32Array(45)]), samples: 10, dim: 9 };
  expect(rankMe(padded)).toBeCloseTo(rankMe(wide), 3); // rows of zeros change no singular value
  expect(effectiveRank(wide)).toBeLessThanOrEqual(4);
});

test("ranks do not depend on the order of samples, nor on scale", () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0.01, max: 100, noNaN: true }), (seed, scale) => {
      const draws = stream(seed, "ranks");
      const features = table(12, 4, () => draws.normal());
      const order = stream(seed, "order").permutation(12);
      const other = table(12, 4, (i, d) => scale * features.data[order[i]! * 4 + d]!);
      for (const metric of [rankMe, effectiveRank, alphaReQ]) expect(metric(other)).toBeCloseTo(metric(features), 4);
      expect(rankMe(features)).toBeLessThanOrEqual(4.0001);
    }),
  );
});

test("equal directions count as whole dimensions", () => {
  expect(rankMe(cross)).toBeCloseTo(4, 5);
  expect(effectiveRank(cross)).toBeCloseTo(4, 6);
  expect(featureStd(cross)).toBeCloseTo(0.5, 6);
});

test("a spectrum that falls as rank^-2 has alpha 2", () => {
  const falling = table(8, 4, (i, d) => (i % 4 === d ? (i < 4 ? 1 : -1) / (d + 1) : 0));
  expect(alphaReQ(falling)).toBeCloseTo(2, 5);
});

test("one direction counts once", () => {
  const line = table(10, 3, (i, d) => (i - 4.5) * (d + 1));
  expect(rankMe(line)).toBeCloseTo(1, 3);
});

test("LiDAR counts the directions in which samples differ more than their views", () => {
  const draws = stream(7, "lidar test");
  const samples = 64;
  const centres = Array.from({ length: samples }, () => [draws.normal(), draws.normal(), 0, 0]);
  const views = table(samples * 4, 4, (row, d) => (centres[Math.floor(row / 4)]?.[d] ?? 0) + 0.01 * draws.normal());
  expect(lidar(views, { views: 4 })).toBeGreaterThan(1.8);
  expect(lidar(views, { views: 4 })).toBeLessThan(2.2);
});

describe("the label-free score", () => {
  const settings = { samples: 256, views: 8, slices: 1024 };

  test("is the loss over lambda^0.4", () => {
    expect(labelFreeScore(0.9, 0.05)).toBeCloseTo(0.9 / 0.05 ** 0.4, 12);
    expect(() => labelFreeScore(0.9, 0)).toThrow(/expected a positive lambda, got 0/);
    expect(() => labelFreeScore(Number.NaN, 0.1)).toThrow(/expected a finite training loss, got NaN/);
  });

  test("ranks runs, and refuses what cannot be compared", () => {
    const runs = [
      { name: "a", trainLoss: 0.5, lambda: 0.01, ...settings },
      { name: "b", trainLoss: 0.6, lambda: 0.05, ...settings },
    ];
    expect(compareScores(runs).map((run) => run.name)).toEqual(["b", "a"]);
    expect(compareScores([])).toEqual([]);
    const [a, b] = [runs[0]!, { ...runs[1]!, samples: 4, slices: 8 }];
    expect(() => expectComparable([a, a])).not.toThrow();
    expect(() => expectComparable([a, b, { ...a, name: "c" }])).toThrow(
      /runs with equal samples, slices, got samples 256 \(a, c\) and 4 \(b\); slices 1024 \(a, c\) and 8 \(b\)/,
    );
    expect(() => expectComparable([a, { ...a, name: "d", others: { knots: 5 } }])).toThrow(/equal knots.*5 \(d\)/);
    expect(() => compareScores([a, { ...a, views: 2 }])).toThrow("equal views");
  });
});
