// Few-shot draws: exact counts, nested, the same for the same seed, spread over groups.
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { matrix } from "../matrix.ts";
import { createProblem, type Part } from "../targets.ts";
import { drawShots, uniqueShots } from "./draws.ts";

function partOf(labels: readonly number[], groups?: readonly string[]): Part {
  const names = ["a", "b", "c"];
  const rows = labels.map((_, i) => i);
  // a held-out row of each class, which the training split does not need
  const held = [0, 1, 2].map((_, i) => labels.length + i);
  return createProblem({
    targets: { task: "classification", classes: names, labels: [...labels, 0, 1, 2] },
    splits: { train: rows, validation: held, test: held },
    groups: groups && [...groups, undefined, undefined, undefined],
  }).train;
}

const draw = (part: Part, shots: readonly (number | "all")[], seed = 0) =>
  drawShots(part, { shots, runs: 3, seed, classes: ["a", "b", "c"] });

const manyLabels = fc
  .array(fc.integer({ min: 0, max: 2 }), { minLength: 12, maxLength: 80 })
  .map((labels) => [0, 1, 2, 0, 1, 2, ...labels]);

property.prop([manyLabels, fc.nat(1000)])(
  "k shots are k rows of each class, and nested in each run",
  (labels, seed) => {
    const part = partOf(labels);
    const { draws, leftOut } = draw(part, [1, 2, 5, "all"], seed);
    for (const { shots, positions } of draws) {
      if (shots === "all") {
        expect([...positions]).toEqual(labels.map((_, i) => i));
        continue;
      }
      for (const label of [0, 1, 2]) expect(positions.filter((i) => labels[i] === label)).toHaveLength(shots);
    }
    for (const run of [0, 1, 2]) {
      const mine = draws.filter((one) => one.run === run);
      for (const [i, larger] of mine.entries()) {
        const smaller = mine[i - 1];
        if (smaller !== undefined) expect(smaller.positions.every((p) => larger.positions.includes(p))).toBe(true);
      }
    }
    const least = Math.min(...[0, 1, 2].map((label) => labels.filter((l) => l === label).length));
    expect(leftOut.map(({ shots }) => shots)).toEqual(least < 5 ? [5] : []);
  },
);

property.prop([manyLabels, fc.nat(1000)])("a draw does not depend on the other shots asked for", (labels, seed) => {
  const alone = draw(partOf(labels), [2], seed).draws.map(({ positions }) => [...positions]);
  const among = draw(partOf(labels), [1, 2, "all"], seed).draws.filter(({ shots }) => shots === 2);
  expect(among.map(({ positions }) => [...positions])).toEqual(alone);
});

test("shots come from different groups while there are any", () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % 3);
  // four patients a class with five rows each
  const groups = labels.map((label, i) => `patient ${label}-${Math.floor(i / 3) % 4}`);
  const { draws } = draw(partOf(labels, groups), [4, 5]);
  for (const { shots, positions } of draws) {
    for (const label of [0, 1, 2]) {
      const used = Array.from(
        positions.filter((i) => labels[i] === label),
        (i) => groups[i],
      );
      expect(used).toHaveLength(shots as number);
      expect(new Set(used).size).toBe(4);
    }
  }
});

test("runs differ, and the seed decides", () => {
  const labels = Array.from({ length: 90 }, (_, i) => i % 3);
  const of = (seed: number) => draw(partOf(labels), [2], seed).draws.map(({ positions }) => [...positions].join());
  expect(of(0)).toEqual(of(0));
  expect(new Set([...of(0), ...of(1)]).size).toBe(6);
});

test("shots that a class cannot give are left out, and the reason names it", () => {
  const { draws, leftOut } = draw(partOf([0, 0, 0, 1, 1, 1, 2]), [5, 1, 2, "all"]);
  expect(draws.filter(({ run }) => run === 0).map(({ shots }) => shots)).toEqual([1, "all"]);
  expect(leftOut).toEqual([
    { shots: 2, reason: "c has 1 training row" },
    { shots: 5, reason: "c has 1 training row (and 2 more with too few)" },
  ]);
  expect(uniqueShots(["all", 5, 1, 5])).toEqual([1, 5, "all"]);
});

test("with several labels at least k rows of each label are drawn, and of those without any", () => {
  const values = Float32Array.from({ length: 60 * 2 }, (_, at) => (Math.floor(at / 2) % 3 > at % 2 ? 1 : 0));
  const rows = Array.from({ length: 60 }, (_, i) => i);
  const { train } = createProblem({
    targets: { task: "multilabel", classes: ["x", "y"], values: matrix(values, 60, 2) },
    splits: { train: rows, validation: rows, test: rows },
  });
  const { draws } = drawShots(train, { shots: [2, 4], runs: 1, seed: 0, classes: ["x", "y"] });
  const [few, more] = draws.map(({ positions }) => [...positions]) as [number[], number[]];
  expect(few.every((i) => more.includes(i))).toBe(true);
  for (const j of [0, 1]) expect(few.filter((i) => values[i * 2 + j] === 1).length).toBeGreaterThanOrEqual(2);
  expect(few.filter((i) => values[i * 2] === 0 && values[i * 2 + 1] === 0)).toHaveLength(2);
});
