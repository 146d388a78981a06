// Order, agreement and notes of a leaderboard, as data and as text.
import { expect, test } from "vitest";
import { createLeaderboard, formatLeaderboard, type LeaderboardRun } from "./leaderboard.ts";

const run = (name: string, trainLoss: number, change: Partial<LeaderboardRun> = {}): LeaderboardRun => ({
  name,
  trainLoss,
  lambda: 0.05,
  samples: 64,
  views: 8,
  slices: 1024,
  status: "done",
  steps: { done: 100, total: 100, averaged: 10 },
  fingerprint: "f",
  ...change,
});
const accuracy = (linear: number) => ({ accuracy: { linear, knn: linear - 0.05 } });
const measures = {
  images: 100,
  views: 8,
  rankMe: 10,
  effectiveRank: 8,
  alphaReQ: 1.1,
  lidar: 12,
  sigreg: 1.3,
  sigregSamples: 64,
  sigregExpected: 1.05,
  withinShare: 0.2,
};

test("lowest score first, with how well it ranks what labels say", () => {
  const board = createLeaderboard([
    run("middle", 0.6, accuracy(0.5)),
    run("best", 0.5, accuracy(0.7)),
    run("worst", 0.9, accuracy(0.3)),
    run("other lambda", 0.7, { lambda: 0.2, ...accuracy(0.9) }),
  ]);
  expect(board.entries.map(({ name }) => name)).toEqual(["other lambda", "best", "middle", "worst"]);
  const [score, loss] = board.agreement;
  expect(score).toMatchObject({ measure: "label-free score", rho: 1, n: 4, method: "permutation" });
  // the loss alone is misled by lambda
  expect(loss?.measure).toBe("training loss");
  expect(loss?.rho).toBeLessThan(0.5);
  expect(board.notes).toEqual([]);
  expect(formatLeaderboard(board)).toMatch(/label-free score: 1\.000 \(n = 4; p = 0\.083, exact permutation\)/);
});

test("measures count where they were measured", () => {
  const board = createLeaderboard([
    run("a", 0.6, { ...accuracy(0.5), measures }),
    run("b", 0.5, { ...accuracy(0.6), measures: { ...measures, rankMe: 12, alphaReQ: 0.5 } }),
    run("c", 0.4, { ...accuracy(0.7), measures: { ...measures, rankMe: 14, alphaReQ: 2 } }),
    run("d", 0.3, { problem: "its features are not finite" }),
  ]);
  const rho = Object.fromEntries(board.agreement.map((one) => [one.measure, one.rho]));
  expect(rho["RankMe"]).toBe(1);
  // distance from 1: 0.1, 0.5, 1.0
  expect(rho["alpha-ReQ"]).toBe(-1);
  expect(rho["LiDAR"]).toBeNaN();
  expect(formatLeaderboard(board)).toContain("d: its features are not finite");
});

test("without labels, unfinished, of different lengths or images: it says so", () => {
  const board = createLeaderboard([
    run("a", 0.6),
    run("b", 0.5, { status: "interrupted", steps: { done: 7, total: 100, averaged: 7 }, fingerprint: "g" }),
  ]);
  expect(board.agreement).toEqual([]);
  expect(board.notes).toEqual([
    expect.stringMatching(/^No labels/),
    "Not finished: b.",
    expect.stringMatching(/different numbers of steps/),
    expect.stringMatching(/stored images differ/),
  ]);
  expect(createLeaderboard([run("a", 1, accuracy(0.5))]).notes).toEqual([expect.stringMatching(/takes 3 runs/)]);
});

test("runs of different settings are refused, with what differs", () => {
  expect(() => createLeaderboard([run("a", 1), run("b", 1, { views: 4, slices: 512 })])).toThrow(
    /runs with equal views, slices, got views 8 \(a\) and 4 \(b\); slices 1024 \(a\) and 512 \(b\)/,
  );
});
