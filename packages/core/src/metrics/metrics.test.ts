import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { collapseVerdict } from "./collapse.ts";
import { expectComparable, labelFreeScore } from "./label-free-score.ts";
import { alphaReQ, effectiveRank, type FeatureTable, featureStd, lidar, rankMe } from "./spectrum.ts";

const table = (samples: number, dim: number, at: (i: number, d: number) => number): FeatureTable => ({
  data: Float32Array.from({ length: samples * dim }, (_, k) => at(Math.floor(k / dim), k % dim)),
  samples,
  dim,
});

/** Rows ±1 on one axis each: covariance and singular values are all equal. */
const cross = table(8, 4, (i, d) => (i % 4 === d ? (i < 4 ? 1 : -1) : 0));

test("equal directions count as whole dimensions", () => {
  expect(rankMe(cross)).toBeCloseTo(4, 6);
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
  expect(collapseVerdict(table(64, 32, (i) => i - 31.5)).state).toBe("dimensional-collapse");
});

test("LiDAR counts the directions in which samples differ more than their views", () => {
  const draws = stream(7, "lidar test");
  const samples = 64;
  const centres = Array.from({ length: samples }, () => [draws.normal(), draws.normal(), 0, 0]);
  const views = table(samples * 4, 4, (row, d) => (centres[Math.floor(row / 4)]?.[d] ?? 0) + 0.01 * draws.normal());
  expect(lidar(views, { views: 4 })).toBeGreaterThan(1.8);
  expect(lidar(views, { views: 4 })).toBeLessThan(2.2);
});

test("verdicts", () => {
  const draws = stream(3, "verdict test");
  const normal = table(256, 8, () => draws.normal());
  expect(collapseVerdict(normal).state).toBe("healthy");
  expect(collapseVerdict(table(16, 8, () => 1)).state).toBe("complete-collapse");
  expect(collapseVerdict(table(16, 8, () => Number.NaN)).state).toBe("not-finite");
});

test("the score is the loss over lambda^0.4, and refuses what cannot be compared", () => {
  expect(labelFreeScore(0.9, 0.05)).toBeCloseTo(0.9 / 0.05 ** 0.4, 12);
  const settings = { samples: 256, views: 8, slices: 1024 };
  expect(() => expectComparable(settings, settings)).not.toThrow();
  expect(() => expectComparable(settings, { ...settings, views: 4 })).toThrow(/equal views, got 8 and 4/);
});
