// Each rule on embeddings made to set it off, and none on healthy ones.
import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { type AlarmContext, type AlarmRule, alarmRules, collapseAlarms } from "./alarms.ts";
import type { FeatureTable } from "./spectrum.ts";

const samples = 128;
const dim = 16;

function made(at: (i: number, d: number, noise: number) => number): FeatureTable {
  const draws = stream(11, "alarm test");
  const data = Float32Array.from({ length: samples * dim }, (_, k) => at(Math.floor(k / dim), k % dim, draws.normal()));
  return { data, samples, dim };
}

const normal = made((_, __, noise) => noise);
const projection: AlarmContext = { kind: "projection" };
const rulesOf = (table: FeatureTable, context: AlarmContext): AlarmRule[] =>
  collapseAlarms(table, context).map(({ rule }) => rule);

test("embeddings of N(0, I) set nothing off, nor do features with a large mean", () => {
  expect(rulesOf(normal, { kind: "projection", withinShare: 0.1 })).toEqual([]);
  expect(
    rulesOf(
      made((_, __, noise) => 5 + noise),
      { kind: "features" },
    ),
  ).toEqual([]);
});

const cases: Record<AlarmRule, readonly [table: FeatureTable, context: AlarmContext, rules: readonly AlarmRule[]]> = {
  "not-finite": [made((i, _, noise) => (i === 5 ? Number.NaN : noise)), projection, ["not-finite"]],
  "complete-collapse": [made((_, d, noise) => d + 1 + 1e-5 * noise), projection, ["complete-collapse"]],
  "constant-direction": [made((_, __, noise) => 3 + noise), projection, ["constant-direction"]],
  "low-rank": [made((i, d, noise) => Math.sin(i) * (d + 1) + 1e-3 * noise), projection, ["low-rank"]],
  "dominant-direction": [
    made((i, d, noise) => noise + (d === 0 ? 7 * Math.sin(i) : 0)),
    projection,
    ["dominant-direction"],
  ],
  "dead-dimensions": [made((_, d, noise) => (d < 4 ? 1e-6 : 1) * noise), projection, ["dead-dimensions"]],
  duplicates: [made((i, d) => normal.data[(i - (i % 2)) * dim + d]!), projection, ["duplicates"]],
  "spread-lost": [made((_, __, noise) => 0.3 * noise), projection, ["spread-lost"]],
  "views-apart": [normal, { kind: "projection", withinShare: 0.8 }, ["views-apart"]],
};

test.each(alarmRules)("%s", (rule) => {
  const [table, context, rules] = cases[rule];
  expect(rulesOf(table, context)).toEqual(rules);
  const [alarm] = collapseAlarms(table, context);
  expect(alarm?.finding).toMatch(/\.$/);
  expect(alarm?.causes.length).toBeGreaterThan(0);
});

test("duplicates are shown", () => {
  expect(collapseAlarms(cases.duplicates[0], projection)[0]?.rows).toHaveLength(samples);
});

test("all zeros are a complete collapse", () => {
  expect(
    rulesOf(
      made(() => 0),
      projection,
    ),
  ).toEqual(["complete-collapse"]);
});

test.each([
  [{ lambda: 0.001, batch: 256 }, /lambda is too small/],
  [{ lambda: 0.05, batch: 16 }, /batch is too small/],
  [{ smallestCrop: 0.01 }, /local crops/],
  [{ batch: 256, groupsInBatch: 1 }, /one scene/],
])("the context %j narrows the causes down", (context, cause) => {
  const [alarm] = collapseAlarms(cases["low-rank"][0], { kind: "projection", ...context });
  expect(alarm?.causes).toHaveLength(1);
  expect(alarm?.causes[0]).toMatch(cause);
});

test("causes that the context rules out are not named", () => {
  const context: AlarmContext = { kind: "projection", lambda: 0.1, batch: 256, smallestCrop: 0.3, groupsInBatch: 100 };
  const [alarm] = collapseAlarms(cases["low-rank"][0], context);
  expect(alarm?.causes).toEqual([expect.stringMatching(/^the images are constant/) as string]);
});

test("a large lambda is named where views are apart", () => {
  const [alarm] = collapseAlarms(normal, { kind: "projection", withinShare: 0.8, lambda: 0.5 });
  expect(alarm?.causes).toEqual([expect.stringMatching(/^lambda is too large/) as string]);
});
