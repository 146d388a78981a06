// The rule of the scale against a plain one, and whole runs of scaled loss on a stand-in for a GPU.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type DeviceTensor } from "@lejepa/engine";
import { emulatedEngine } from "@lejepa/engine/testing";
import { checkpointPath, readMetrics } from "@lejepa/eval";
import * as tf from "@tensorflow/tfjs";
import { expect, onTestFinished, test, vi } from "vitest";
import { firstScaling, nextScaling, type ScalingRule } from "./loss-scaling.ts";
import { pretrain, type PretrainEvent } from "./pretrain.ts";
import { temporaryFolder, toyConfig } from "./_toy.test-helper.ts";

// what `device: cuda, precision: float16` opens, without a GPU
vi.mock("@lejepa/engine", async (original) => ({
  ...(await original<typeof import("@lejepa/engine")>()),
  configuredEngine: async () => emulatedEngine("float16", { threads: 1 }),
}));

// a run may start with a scale at which its gradients overflow
const start = vi.hoisted(() => ({ scale: 2 ** 16 }));
vi.mock("./loss-scaling.ts", async (original) => {
  const own = await original<typeof import("./loss-scaling.ts")>();
  const startingAt: typeof own.firstScaling = (rule = { ...own.scalingRule, first: start.scale }) =>
    own.firstScaling(rule);
  return { ...own, firstScaling: startingAt };
});

/** PyTorch's GradScaler, with bounds. */
function plainRule([scale, since, skipped]: readonly number[], good: boolean, rule: ScalingRule): number[] {
  const [s, n, k] = [scale as number, since as number, skipped as number];
  if (!good) return [Math.max(s / 2, rule.least), 0, k + 1];
  return n + 1 === rule.growthInterval ? [Math.min(2 * s, rule.most), 0, k] : [s, n + 1, k];
}

test("the scale halves at once, doubles after good steps in a row, and keeps its bounds", async () => {
  const rule = { first: 4, least: 1, most: 8, growthInterval: 3 };
  const engine = await createEngine({ threads: 1 });
  const program = await engine.compile(
    ({ scaling, norm }) => ({ next: nextScaling(scaling, tf.less(norm, 3e38), rule) }),
    { scaling: { shape: [3] }, norm: { shape: [] } },
  );
  let state: readonly number[] = [...firstScaling(rule)];
  expect(state).toEqual([4, 0, 0]);
  const scales: number[] = [];
  for (const step of "gggggbgggbbbbbggbggg") {
    const norm = Float32Array.of(step === "g" ? 12 : scales.length % 2 === 0 ? Number.NaN : Infinity);
    const { next } = await program.run({ scaling: Float32Array.from(state), norm });
    const got = [...(await (next as DeviceTensor).read())];
    next?.dispose();
    expect(got).toEqual(plainRule(state, step === "g", rule));
    state = got;
    scales.push(got[0] as number);
  }
  expect(new Set(scales)).toEqual(new Set([1, 2, 4, 8]));
  expect(state[2]).toBe(7);
  await engine.dispose();
});

const float16 = { device: "cuda", precision: "float16" } as const;

test("a run of skipped and good steps, stopped and resumed, is the same bit by bit", { timeout: 240_000 }, async () => {
  const folder = temporaryFolder();
  start.scale = 2 ** 22;
  onTestFinished(() => {
    start.scale = 2 ** 16;
  });
  const config = toyConfig(folder, { ...float16, checkpoint: { keep: 9 } });
  const straight = await pretrain(config, { out: join(folder, "straight") });
  const stop = new AbortController();
  const onProgress = (event: PretrainEvent): void => {
    if (event.kind === "step" && event.metrics.step === 3) stop.abort();
  };
  const stopped = await pretrain(config, { out: join(folder, "stopped"), signal: stop.signal, onProgress });
  await pretrain(config, { out: stopped.folder, resume: true });
  for (const file of ["model.safetensors", "optimizer.safetensors"]) {
    const [a, b] = [straight.folder, stopped.folder].map((run) => readFileSync(join(checkpointPath(run, 10), file)));
    expect(Buffer.compare(a as Buffer, b as Buffer)).toBe(0);
  }
  const numbers = (run: string): unknown =>
    readMetrics(run).map(({ loss, gradNorm, lossScale }) => ({ loss, gradNorm, lossScale }));
  expect(numbers(stopped.folder)).toEqual(numbers(straight.folder));
  const steps = readMetrics(straight.folder);
  expect(steps.slice(0, 2).map(({ lossScale }) => lossScale)).toEqual([2 ** 22, 2 ** 21]);
  expect(Number.isFinite(steps.at(-1)?.gradNorm)).toBe(true);
  expect(straight.last?.lossScale).toBe(steps.at(-1)?.lossScale);
  expect(
    readFileSync(join(checkpointPath(straight.folder, 10), "optimizer.safetensors")).includes("loss_scaling"),
  ).toBe(true);
});

test("a run whose gradients stay not finite ends when the scale has reached its least", {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder();
  const schedule = { epochs: 20, warmupEpochs: 0 };
  const config = toyConfig(folder, {
    ...float16,
    schedule,
    optimizer: { learningRate: 1e30 },
    checkpoint: { everySteps: 100 },
  });
  const run = join(folder, "run");
  await expect(pretrain(config, { out: run })).rejects.toThrow(
    /step 18: expected a finite loss and gradient.*The loss was scaled by 1 only, the least: try precision bfloat16 or float32/,
  );
  const metrics = readMetrics(run);
  expect(metrics.map(({ lossScale }) => lossScale)).toEqual([
    2 ** 16,
    ...Array.from({ length: 16 }, (_, i) => 2 ** (16 - i)),
  ]);
  expect(metrics.slice(1).every(({ gradNorm }) => Number.isNaN(gradNorm))).toBe(true);
});
