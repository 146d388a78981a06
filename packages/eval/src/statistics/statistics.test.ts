// Intervals, p-values and corrections: properties, and a small simulation with known truth (the full one: tools/bench).
import { fc, test as property } from "@fast-check/vitest";
import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { matrix } from "../matrix.ts";
import { createProblem, type Part } from "../targets.ts";
import { drawResamples, resampleCount, resampleMetrics } from "./bootstrap.ts";
import { distribute, interval, pValue } from "./estimate.ts";
import { holm } from "./holm.ts";
import { createEvaluator } from "./metrics.ts";
import { rankingScores, rankRows } from "./ranking.ts";

const scored = fc.array(fc.record({ score: fc.integer({ min: 0, max: 30 }), positive: fc.boolean() }), {
  minLength: 2,
  maxLength: 60,
});

property.prop([scored])("AUROC and average precision do not change under rising maps of the scores", (rows) => {
  const truth = rows.map(({ positive }) => (positive ? 1 : 0));
  const of = (f: (score: number) => number) =>
    rankingScores(
      rankRows(
        rows.map(({ score }) => f(score)),
        truth,
      ),
      new Float64Array(rows.length).fill(1),
    );
  expect(of((x) => Math.exp(x / 10))).toEqual(of((x) => x));
  expect(of((x) => 3 * x - 100)).toEqual(of((x) => x));
});

property.prop([scored])("AUROC counts pairs in the right order, equal ones half", (rows) => {
  const pairs = rows.flatMap((a) => rows.flatMap((b) => (a.positive && !b.positive ? [a.score - b.score] : [])));
  const expected = pairs.reduce((sum, d) => sum + (d > 0 ? 1 : d === 0 ? 0.5 : 0), 0) / pairs.length;
  const truth = rows.map(({ positive }) => (positive ? 1 : 0));
  const { auroc } = rankingScores(
    rankRows(
      rows.map(({ score }) => score),
      truth,
    ),
    new Float64Array(rows.length).fill(1),
  );
  if (pairs.length === 0) expect(auroc).toBeNaN();
  else expect(auroc).toBeCloseTo(expected, 10);
});

property.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })])(
  "Holm's values are at least the p-values, at most Bonferroni's, and in their order",
  (p) => {
    const adjusted = holm(p);
    for (const [i, value] of adjusted.entries()) {
      expect(value).toBeGreaterThanOrEqual(p[i] as number);
      expect(value).toBeLessThanOrEqual(Math.min(1, p.length * (p[i] as number)) + 1e-12);
      for (const [j, other] of adjusted.entries())
        if ((p[i] as number) < (p[j] as number)) expect(value).toBeLessThanOrEqual(other);
    }
  },
);

test("Holm's worked example", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(10)))).toEqual([0.03, 0.06, 0.06, 0.02]);
});

/** Test rows of two classes in groups, with predictions that are right or wrong. */
function testPart(
  right: readonly boolean[],
  groups?: readonly string[],
): { part: Part; scores: ReturnType<typeof matrix> } {
  const rows = right.map((_, i) => i);
  const labels = rows.map((i) => i % 2);
  const part = createProblem({
    targets: { task: "classification", classes: ["a", "b"], labels: [...labels, 0, 1] },
    splits: { train: [rows.length, rows.length + 1], validation: [rows.length, rows.length + 1], test: rows },
    groups: groups && [...groups, undefined, undefined],
  }).test;
  const data = Float32Array.from(rows.flatMap((i) => [0, right[i] === (i % 2 === 1) ? 1 : -1]));
  return { part, scores: matrix(data, rows.length, 2) };
}

property.prop([fc.array(fc.boolean(), { minLength: 6, maxLength: 40 }), fc.nat(100)])(
  "a resample is a weighting of groups: its accuracy is that of the rows repeated",
  (right, seed) => {
    const groups = right.map((_, i) => `group ${i % 5}`);
    const { part, scores } = testPart(right, groups);
    const resamples = drawResamples(5, { count: 3, seed });
    const evaluator = createEvaluator(part.truth, scores);
    const values = resampleMetrics(evaluator, ["accuracy"], { part, resamples }).get("accuracy") as Float64Array;
    for (let b = 0; b < 3; b++) {
      const times = resamples.times.subarray(b * 5, (b + 1) * 5);
      expect(times.reduce((sum, t) => sum + t, 0)).toBe(5);
      const repeated = right.flatMap((ok, i) => Array.from({ length: times[i % 5] as number }, () => ok));
      expect(values[b]).toBeCloseTo(repeated.filter(Boolean).length / repeated.length, 10);
    }
  },
);

property.prop([fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 20, maxLength: 60 }), fc.nat(50)])(
  "the order of resamples is no matter with one run",
  (values, seed) => {
    const sample = { runs: [0.1], groups: 30, resamples: [Float64Array.from(values)] };
    const order = stream(seed, "test").permutation(values.length);
    const shuffled = { ...sample, resamples: [Float64Array.from(order, (i) => values[i] as number)] };
    const [one, two] = [interval(distribute(sample)), interval(distribute(shuffled))];
    expect(two.low).toBeCloseTo(one.low, 10);
    expect(two.high).toBeCloseTo(one.high, 10);
  },
);

test("runs that differ widen the interval to Student's when groups do not", () => {
  const at = (value: number): Float64Array => new Float64Array(2000).fill(value);
  const runs = [0.5, 0.6, 0.7];
  const { low, high } = interval(distribute({ runs, groups: 50, resamples: runs.map(at) }));
  // 4.3027 * 0.1 / sqrt(3)
  expect((high - low) / 2).toBeCloseTo(0.2484, 2);
  const one = interval(distribute({ runs: [0.6], groups: 50, resamples: [at(0.6)] }));
  expect(one.low).toBeCloseTo(0.6, 10);
  expect(one.high).toBeCloseTo(0.6, 10);
});

test("runs that only disagree on the groups drawn do not widen the interval twice", () => {
  const spread = (shift: number) => Float64Array.from({ length: 2000 }, (_, b) => 0.6 + 0.05 * Math.sin(b + shift));
  const resamples = [0, 2, 4].map(spread);
  const widthOf = (runs: readonly number[]): number => {
    const { low, high } = interval(distribute({ runs, groups: 50, resamples }));
    return high - low;
  };
  // a deviation that the resamples explain
  expect(widthOf([0.58, 0.6, 0.62])).toBeCloseTo(widthOf([0.6, 0.6, 0.6]), 10);
  expect(widthOf([0.4, 0.6, 0.8])).toBeGreaterThan(0.5);
  // tests stay careful
  const p = (runs: readonly number[]): number =>
    pValue(distribute({ runs, groups: 50, resamples: [new Float64Array(2000).fill(0.6)] }));
  expect(p([0.4, 0.6, 0.8])).toBeGreaterThan(p([0.6, 0.6, 0.6]));
});

test("no difference at all has p = 1, a clear one the least there can be", () => {
  const nothing = distribute({ runs: [0], groups: 50, resamples: [new Float64Array(1000)] });
  expect(pValue(nothing)).toBe(1);
  const resamples = [new Float64Array(1000).map((_, b) => 0.17 + (b % 7) / 100)];
  const clear = distribute({ runs: [0.2], groups: 50, resamples });
  expect(pValue(clear)).toBeCloseTo(2 / 1001, 10);
});

test("one group, or no run, has no interval", () => {
  expect(() => distribute({ runs: [0.5], groups: 1, resamples: [new Float64Array(10)] })).toThrow(
    /at least 2 test groups/,
  );
  expect(() => distribute({ runs: [], groups: 9, resamples: [new Float64Array(10)] })).toThrow(/interval/);
});

test("very many groups have fewer resamples", () => {
  expect(resampleCount(2000, 400)).toBe(2000);
  expect(resampleCount(2000, 1_000_000)).toBe(200);
});

// true accuracy 0.8: each group has a difficulty of its own, each run an offset of its own
function simulated(
  seed: number,
  { groups, perGroup, runs }: Readonly<Record<"groups" | "perGroup" | "runs", number>>,
): boolean {
  const random = stream(seed, "coverage");
  const difficulty = Array.from({ length: groups }, () => 0.15 * (2 * random.uniform() - 1));
  const names = difficulty.flatMap((_, g) => Array.from({ length: perGroup }, () => `${g}`));
  const resamples = drawResamples(groups, { count: 400, seed });
  const each = Array.from({ length: runs }, () => {
    const offset = runs > 1 ? 0.02 * random.normal() : 0;
    const right = names.map((g) => random.bernoulli(0.8 + (difficulty[Number(g)] as number) + offset));
    const { part, scores } = testPart(right, names);
    const values = resampleMetrics(createEvaluator(part.truth, scores), ["accuracy"], { part, resamples });
    return { value: right.filter(Boolean).length / right.length, resampled: values.get("accuracy") as Float64Array };
  });
  const { low, high } = interval(
    distribute({ runs: each.map(({ value }) => value), groups, resamples: each.map(({ resampled }) => resampled) }),
  );
  return low <= 0.8 && high >= 0.8;
}

test.each([
  { groups: 20, perGroup: 10, runs: 1 },
  { groups: 60, perGroup: 5, runs: 3 },
])("95 % intervals hold the truth about 95 times of 100: %j", (design) => {
  const trials = 200;
  const covered = Array.from({ length: trials }, (_, seed) => simulated(seed, design)).filter(Boolean).length / trials;
  // 200 trials of 0.95 have a standard error of 0.015
  expect(covered, `coverage ${covered}`).toBeGreaterThan(0.905);
  expect(covered, `coverage ${covered}`).toBeLessThan(0.995);
});
