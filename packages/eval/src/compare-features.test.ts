// The comparison on made-up features: what it must find, what it must not look at, what it refuses.
import { createEngine } from "@lejepa/engine";
import { afterAll, expect, test } from "vitest";
import { gaussianEncoder, gaussianFeatures } from "./_gaussian-features.test-helper.ts";
import {
  type Comparison,
  compareFeatures,
  type CompareFeaturesOptions,
  comparisonCsv,
  comparisonSchema,
  formatComparison,
  matrix,
} from "./index.ts";
import { pickRows } from "./matrix.ts";

const engine = await createEngine({ threads: 1 });
afterAll(() => engine.dispose());

const count = 240;
const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const splits = { train: range(0, 120), validation: range(120, 150), test: range(150, 240) };
const classes = ["a", "b", "c"];
const targets = { task: "classification", classes, labels } as const;
const encoder = (name: string, kind: "own" | "transfer" | "random", separation: number, seed: number) =>
  gaussianEncoder(name, kind, { labels, columns: 12, separation, seed });

const base: CompareFeaturesOptions = {
  targets,
  splits,
  encoders: [encoder("mine", "own", 0.9, 1), encoder("dino", "transfer", 0.15, 2)],
  shots: [1, 5, "all"],
  probes: ["knn", "ncm", "logistic", "linear"],
  resamples: 300,
};

test("the document is valid, complete, the same every time, and says who wins", async () => {
  const comparison = await compareFeatures(engine, base);
  const again = await compareFeatures(engine, base);
  const timeless = (text: string): string => text.replaceAll(/"(seconds|statistics|total|mine|dino)":[\d.e-]+/g, "");
  expect(timeless(JSON.stringify(again))).toBe(timeless(JSON.stringify(comparison)));
  expect(comparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  // 2 encoders x 4 probes x 3 numbers of shots
  expect(comparison.results).toHaveLength(24);
  for (const { shots, runs } of comparison.results) expect(runs).toHaveLength(shots === "all" ? 1 : 3);
  expect(comparison.verdict.outcome).toBe("wins");
  expect(comparison.verdict.sentence).toMatch(/^in-domain wins by \d+\.\d points/);
  const detail = comparison.details.find((one) => one.encoder === "mine" && one.probe === "logistic");
  expect(detail?.confusion?.flat().reduce((sum, n) => sum + n, 0)).toBe(90);
  expect(comparison.data.classes[0]).toEqual({ name: "a", train: 40, validation: 10, test: 30 });
});

test("predictions, confusion and scores of the document agree", async () => {
  const { predictions, results, details } = await compareFeatures(engine, { ...base, probes: ["logistic"] });
  for (const { encoder: name, values } of predictions.predicted) {
    const right = values.filter((value, i) => value === predictions.truth[i]).length;
    const result = results.find((one) => one.encoder === name && one.shots === "all");
    expect(result?.metrics.accuracy?.value).toBeCloseTo(right / 90, 12);
    const { confusion } = details.find((one) => one.encoder === name) as (typeof details)[number];
    expect(confusion?.reduce((sum, row, i) => sum + (row[i] as number), 0)).toBe(right);
  }
  expect(predictions.rows).toEqual(splits.test);
});

test("changing the labels of the test rows changes no choice and no prediction", async () => {
  const turned = labels.map((label, row) => (row < 150 ? label : (label + 1 + (row % 2)) % 3));
  const other = { ...base, targets: { ...targets, labels: turned } };
  const [one, two] = [await compareFeatures(engine, base), await compareFeatures(engine, other)];
  const choices = ({ results }: typeof one) =>
    results.map(({ encoder: name, probe, shots, runs }) => [
      name,
      probe,
      shots,
      runs.map((run) => [run.chosen, run.validation]),
    ]);
  expect(choices(two)).toEqual(choices(one));
  expect(two.predictions.predicted).toEqual(one.predictions.predicted);
  expect(two.results[0]?.metrics).not.toEqual(one.results[0]?.metrics);
});

test("every encoder learns from the same rows, and an encoder's seeds take turns", async () => {
  const seeds = [1, 2, 3].map((seed) => {
    const m = gaussianFeatures({ labels, columns: 12, separation: 0.9, seed });
    return { embedding: m, probe: m };
  });
  const mine = { name: "mine", kind: "own" as const, seeds };
  const { results, encoders } = await compareFeatures(engine, {
    ...base,
    encoders: [mine, encoder("dino", "transfer", 0.2, 9)],
    probes: ["ncm"],
  });
  expect(encoders.map((one) => one.seeds)).toEqual([3, 1]);
  const seedsOf = (name: string, shots: number | "all") =>
    results
      .find((one) => one.encoder === name && one.shots === shots)
      ?.runs.map(({ run, encoderSeed }) => [run, encoderSeed]);
  expect(seedsOf("mine", 1)).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(seedsOf("mine", "all")).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(seedsOf("dino", 1)).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
  expect(seedsOf("dino", "all")).toEqual([[0, 0]]);
});

test("copies of one encoder do not differ", async () => {
  const copies = [encoder("mine", "own", 0.5, 1), encoder("copy", "transfer", 0.5, 1)];
  const { verdict, differences } = await compareFeatures(engine, { ...base, encoders: copies, probes: ["logistic"] });
  expect(verdict.sentence).toBe("no difference (less than 2.0 points) at every number of shots");
  expect(verdict.outcome).toBe("same");
  for (const { value, p } of differences) expect([value, p]).toEqual([0, 1]);
});

test("trainings of one encoder that differ by chance are seldom told apart", async () => {
  let claims = 0;
  for (let trial = 0; trial < 20; trial++) {
    const [a, b] = [encoder("mine", "own", 0.4, 2 * trial), encoder("copy", "transfer", 0.4, 2 * trial + 1)];
    const { verdict } = await compareFeatures(engine, { ...base, encoders: [a, b], probes: ["ncm"], seed: trial });
    if (!["same", "undecided"].includes(verdict.outcome)) claims++;
  }
  // at most 5 % on average; 4 or more of 20 have a probability below 0.02
  expect(claims).toBeLessThan(4);
});

test("intervals are over groups: five equal rows of a patient are not five patients", async () => {
  const patient = (row: number): number => Math.floor(row / 5);
  const known = Int32Array.from({ length: 48 }, (_, i) => i % 3);
  const m = pickRows(
    gaussianFeatures({ labels: known, columns: 12, separation: 0.4, seed: 1 }),
    Array.from(labels, (_, row) => patient(row)),
  );
  const one: CompareFeaturesOptions = {
    ...base,
    targets: { ...targets, labels: Array.from(labels, (_, row) => known[patient(row)] as number) },
    encoders: [{ name: "mine", kind: "own", seeds: [{ embedding: m, probe: m }] }],
    probes: ["ncm"],
    shots: ["all"],
  };
  const width = ({ results }: Comparison): number => {
    const { low, high } = results[0]?.metrics.accuracy ?? {};
    return (high as number) - (low as number);
  };
  const grouped = await compareFeatures(engine, { ...one, groups: Array.from(labels, (_, row) => `p${patient(row)}`) });
  expect(grouped.data).toMatchObject({ grouped: true, groups: { train: 24, validation: 6, test: 18 } });
  expect(grouped.details[0]?.perGroup).toHaveLength(18);
  expect(grouped.details[0]?.perGroup.every(({ rows, value }) => rows === 5 && (value === 0 || value === 1))).toBe(
    true,
  );
  // the root of 5, with the correction for few groups
  expect(width(grouped)).toBeGreaterThan(1.8 * width(await compareFeatures(engine, one)));
  expect(formatComparison(grouped)).toContain("test groups (18)");
});

test("no mistake in 90 rows is not certainty", async () => {
  const encoders = [encoder("mine", "own", 9, 1)];
  const { results, verdict } = await compareFeatures(engine, { ...base, encoders, probes: ["ncm"], shots: ["all"] });
  // 1 - 0.96 is about 3.7 / 90
  expect(results[0]?.metrics.accuracy).toEqual({ value: 1, low: 0.025 ** (1 / 90), high: 1 });
  expect(verdict.sentence).toBe("nothing to compare with");
});

test("several labels and numbers are compared too", async () => {
  const m = gaussianFeatures({ labels, columns: 12, separation: 0.9, seed: 1 });
  const noise = gaussianFeatures({ labels, columns: 12, separation: 0, seed: 2 });
  const encoders = [
    { name: "mine", kind: "own" as const, seeds: [{ embedding: m, probe: m }] },
    { name: "noise", kind: "random" as const, seeds: [{ embedding: noise, probe: noise }] },
  ];
  const tags = Float32Array.from({ length: count * 2 }, (_, at) => {
    const label = labels[Math.floor(at / 2)] as number;
    return at % 31 === 0 ? Number.NaN : Number(at % 2 === 0 ? label > 0 : label === 1);
  });
  const multilabel = await compareFeatures(engine, {
    ...base,
    encoders,
    targets: { task: "multilabel", classes: ["x", "y"], values: matrix(tags, count, 2) },
  });
  const auroc = multilabel.results
    .filter(({ shots }) => shots === "all")
    .map(({ metrics }) => metrics.auroc?.value as number);
  for (const value of auroc.slice(0, 4)) expect(value).toBeGreaterThan(0.9);
  for (const value of auroc.slice(4)) expect(value).toBeLessThan(0.7);
  expect(comparisonSchema.parse(JSON.parse(JSON.stringify(multilabel))).verdict.outcome).toBe("wins");

  const sizes = Float32Array.from(labels, (label) => 100 + 10 * label);
  const regression = await compareFeatures(engine, {
    ...base,
    encoders,
    probes: ["knn", "logistic", "linear"],
    shots: [1, 20, "all"],
    targets: { task: "regression", classes: ["size"], values: matrix(sizes, count, 1) },
  });
  expect(regression.data.leftOut).toEqual([{ shots: 1, reason: "a regression needs 5 rows" }]);
  const r2 = (name: string): number[] =>
    regression.results
      .filter((one) => one.encoder === name && one.shots === "all")
      .map(({ metrics }) => metrics.r2?.value as number);
  expect(Math.min(...r2("mine"))).toBeGreaterThan(0.4);
  expect(Math.max(...r2("noise"))).toBeLessThan(0.2);
  expect(formatComparison(regression)).toContain("ridge regression: R2\n");
});

test("a text with the verdict first, and a table of figures", async () => {
  const comparison = await compareFeatures(engine, { ...base, shots: [1, 100, "all"], probes: ["logistic"] });
  const text = formatComparison(comparison);
  expect(text.split("\n")[0]).toBe(`verdict: ${comparison.verdict.sentence}`);
  expect(text).toMatch(/^logistic regression: balanced accuracy in %\n +1 shot +all\nmine +[\d.]+ \([\d.]+-[\d.]+\)/m);
  expect(text).toContain("left out: 100 shots (a has 40 training rows (and 2 more with too few))");
  const lines = comparisonCsv(comparison).trimEnd().split("\r\n");
  expect(lines[0]).toBe("encoder,baseline,probe,shots,metric,value,low,high,runs,p,holm");
  // 5 metrics x 2 shots, of two encoders and of their difference
  expect(lines).toHaveLength(1 + 30);
});

const numbers = matrix(Float32Array.from(labels), count, 1);
const bad = matrix(new Float32Array(count * 2).fill(Number.NaN, 300, 303), count, 2);
const first = encoder("mine", "own", 1, 1);

test.each<[string, Partial<CompareFeaturesOptions>, string, RegExp]>([
  [
    "no labels",
    { targets: { ...targets, labels: new Int32Array(count).fill(-1) } },
    "E_DATA",
    /train split: .*got no labels/,
  ],
  [
    "an empty split",
    { splits: { ...splits, validation: [] } },
    "E_DATA",
    /validation split: .*got no images\. .*groups/,
  ],
  ["one class in a split", { splits: { ...splits, test: [150, 153] } }, "E_DATA", /test split: .*got 1 class \(a\)/],
  [
    "a group in two splits",
    { groups: Array.from({ length: count }, (_, i) => (i % 100 === 0 ? "p7" : undefined)) },
    "E_DATA",
    /group "p7" in train and test/,
  ],
  [
    "features that are not finite",
    { encoders: [first, { name: "broken", kind: "other", seeds: [{ embedding: bad, probe: bad }] }] },
    "E_NAN",
    /"broken": expected finite features, got NaN or infinity in 2 of 90 rows/,
  ],
  [
    "too few rows of features",
    { splits: { ...splits, test: [238, 239, 240] }, targets: { ...targets, labels: [...labels, 1] } },
    "E_SHAPE",
    /features of row 240/,
  ],
  ["two encoders of one name", { encoders: [first, first] }, "E_USAGE", /"mine" twice/],
  ["no encoder", { encoders: [] }, "E_USAGE", /encoders: expected at least one/],
  ["a metric of another task", { metric: "r2" }, "E_USAGE", /metric: expected one of accuracy/],
  [
    "only shots that cannot be drawn",
    { shots: [100] },
    "E_DATA",
    /none of the numbers of shots can be drawn: a has 40/,
  ],
  [
    "class means of numbers",
    { targets: { task: "regression", classes: ["x"], values: numbers }, probes: ["ncm"] },
    "E_USAGE",
    /probes of regression/,
  ],
  ["an abort", { signal: AbortSignal.abort() }, "E_ABORTED", /stopped/],
])("refuses %s", async (_, change, code, message) => {
  const failed = compareFeatures(engine, { ...base, ...change });
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
});
