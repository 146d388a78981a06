// On run folders written by hand: which losses count, and which checkpoint wins.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectComparable } from "@lejepa/core";
import { expect, test } from "vitest";
import { temporaryFolder } from "./_toy.test-helper.ts";
import { bestCheckpoint, parseMetricsLine, readRunScore, smoothedLoss } from "@lejepa/eval";

const perEpoch = 4;

function makeRun(losses: readonly number[], checkpoints: readonly number[], config: object = {}): string {
  const folder = join(temporaryFolder(), "run-a");
  for (const step of checkpoints)
    mkdirSync(join(folder, `checkpoints/step-${String(step).padStart(8, "0")}`), { recursive: true });
  mkdirSync(folder, { recursive: true });
  const lines = losses.map((loss, i) => JSON.stringify({ step: i + 1, epoch: Math.floor(i / perEpoch), loss }));
  writeFileSync(join(folder, "metrics.jsonl"), lines.map((line) => `${line}\n`).join(""));
  const steps = { done: losses.length, total: 20, perEpoch };
  const data = { images: { train: 100, validation: 0, test: 0 }, fingerprint: "f" };
  writeFileSync(join(folder, "run.json"), JSON.stringify({ format: 1, status: "done", steps, data }));
  const dataset = { id: "folder", options: { path: "photos" } };
  writeFileSync(join(folder, "config.resolved.json"), JSON.stringify({ dataset, batchSize: 32, ...config }));
  return folder;
}

const losses = [9, 8, 7, 6, 1, 1, 1, 1, 3, 3, 3, 3];

test("the loss is the mean of the last epoch", () => {
  const run = readRunScore(makeRun(losses, []));
  expect(run).toMatchObject({
    name: "run-a",
    trainLoss: 3,
    lambda: 0.05,
    samples: 32,
    views: 8,
    slices: 1024,
    steps: { done: 12, total: 20, averaged: 4 },
  });
  const metrics = losses.map((loss, i) => ({ step: i + 1, loss })) as unknown as Parameters<typeof smoothedLoss>[0];
  expect(smoothedLoss(metrics, 6, 4)).toBe((7 + 6 + 1 + 1) / 4);
  expect(smoothedLoss(metrics, 2, 4)).toBe(8.5);
  expect(smoothedLoss([], 2, 4)).toBeNaN();
  const [line] = parseMetricsLine('{"step":8,"loss":null,"gradNorm":null,"lossScale":8}');
  expect(line).toEqual({ step: 8, loss: Number.NaN, gradNorm: Number.NaN, lossScale: 8 });
  expect(smoothedLoss([...metrics, line as (typeof metrics)[number]], 8, 4)).toBe(1);
});

test("runs of other quadratures or global views are not compared", () => {
  const a = readRunScore(makeRun(losses, []), "a");
  const b = readRunScore(makeRun(losses, [], { objective: { knots: 5 }, views: { globals: 4, locals: 4 } }), "b");
  expect(() => expectComparable([a, b])).toThrow(
    /equal global views, knots, got global views 2 \(a\) and 4 \(b\); knots/,
  );
});

test("the best checkpoint is the one after the lowest mean loss, among those kept", () => {
  expect(bestCheckpoint(makeRun(losses, [4, 8, 12]))).toEqual({
    step: 8,
    reason: expect.stringMatching(/^step 8 .*score 3\.314, the lowest of the checkpoints kept \(4, 8, 12\)$/) as string,
  });
  expect(bestCheckpoint(makeRun(losses, [4, 12]))?.step).toBe(12);
  expect(bestCheckpoint(makeRun(losses, [12]))?.reason).toMatch(/the only checkpoint kept$/);
});

test("before an epoch is over, or without recorded losses, the newest stands for the best", () => {
  expect(bestCheckpoint(makeRun([1, 5], [1, 2]))).toMatchObject({ step: 2 });
  expect(bestCheckpoint(makeRun([], [4, 8]))).toMatchObject({ step: 8 });
  expect(bestCheckpoint(makeRun(losses, []))).toBeUndefined();
});

test("a folder without a run, and a run without steps, are refused", () => {
  expect(() => readRunScore(temporaryFolder())).toThrow(/expected a run folder/);
  expect(() => readRunScore(makeRun([], []))).toThrow(/a run with steps/);
});
