// The C API's path, on which `cuda` runs, on providers that every machine has: ONNX Runtime's CPU kernels, and WebGPU on a
// software device for all that has to do with a device's own memory.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { differences } from "./op-suite/run.ts";
import { opTable } from "./op-suite/table.ts";
import { expectSteady, liveTensors } from "./_steady.test-helper.ts";
import { webgpuMissing } from "./_webgpu.test-helper.ts";
import { createEngine, type DeviceTensor, type Engine, linear } from "./index.ts";
import { liveDeviceValues } from "./native/native-value.ts";

const missing = webgpuMissing();
const runtime = { runtime: "native" } as const;

test.each(Object.entries(opTable))("%s on cpu", async (kernel, entry) => {
  expect(await differences(kernel, entry, "cpu", runtime)).toEqual([]);
});

test.for(["BatchMatMul", "SplitV", "GatherV2", "Sum"])(
  "%s on webgpu",
  { timeout: 120_000 },
  async (kernel, { skip }) => {
    skip(missing !== undefined, missing);
    const entry = opTable[kernel];
    if (entry === undefined) throw new Error(`no cases of ${kernel}`);
    expect(await differences(kernel, entry, "webgpu", runtime)).toEqual([]);
  },
);

const [rows, inner, outer] = [64, 48, 16];

const training = (engine: Engine) =>
  engine.compile(
    ({ bytes, y, w, m }) => {
      const x = tf.sub(tf.div(tf.cast(bytes, "float32"), 255), 0.5);
      const loss = (weight: tf.Tensor) => tf.mean(tf.squaredDifference(linear(x, weight), y)) as tf.Scalar;
      const { value, grad } = tf.valueAndGrad(loss)(w);
      const momentum = tf.add(tf.mul(m, 0.9), grad);
      return { loss: value, m: momentum, w: tf.sub(w, tf.mul(momentum, 0.05)) };
    },
    {
      bytes: { shape: [rows, inner], dtype: "uint8" },
      y: { shape: [rows, outer] },
      w: { shape: [outer, inner] },
      m: { shape: [outer, inner] },
    },
    { updates: ["w", "m"] },
  );

const bytes = Uint8Array.from({ length: rows * inner }, (_, i) => (i * i * 31 + i * 7) % 256);
const y = Float32Array.from({ length: rows * outer }, (_, i) => Math.cos(i * 0.7));

interface State {
  readonly w: DeviceTensor;
  readonly m: DeviceTensor;
}

const upload = async (engine: Engine, w: Float32Array, m: Float32Array): Promise<State> => ({
  w: await engine.tensor(w, [outer, inner]),
  m: await engine.tensor(m, [outer, inner]),
});

const zeros = (): Float32Array => new Float32Array(outer * inner);

async function download({ w, m }: State): Promise<{ w: Float32Array; m: Float32Array }> {
  const values = { w: (await w.read()) as Float32Array, m: (await m.read()) as Float32Array };
  w.dispose();
  m.dispose();
  return values;
}

/** The state after `steps` steps; after `saveAt` of them it goes through the host into another engine. */
async function trained(
  options: Parameters<typeof createEngine>[0],
  { steps, saveAt }: { readonly steps: number; readonly saveAt?: number },
): Promise<{ w: Float32Array; m: Float32Array }> {
  let engine = await createEngine({ threads: 1, ...options });
  let program = await training(engine);
  let state = await upload(engine, zeros(), zeros());
  for (let step = 0; step < steps; step++) {
    if (step === saveAt) {
      const { w, m } = await download(state);
      await engine.dispose();
      engine = await createEngine({ threads: 1, ...options });
      program = await training(engine);
      state = await upload(engine, w, m);
    }
    (await program.run({ bytes, y, ...state }))["loss"]?.dispose();
  }
  const end = await download(state);
  await engine.dispose();
  return end;
}

describe.each(["cpu", "webgpu"] as const)("a training program on %s", (device) => {
  const options = { device, ...runtime };
  const skipped = device === "webgpu" ? missing : undefined;

  test("computes what the binding computes", { timeout: 120_000 }, async ({ skip }) => {
    skip(skipped !== undefined, skipped);
    const native = await trained(options, { steps: 5 });
    const binding = await trained({ device }, { steps: 5 });
    expect(native).toEqual(binding);
  });

  test("resumes bit by bit", { timeout: 120_000 }, async ({ skip }) => {
    skip(skipped !== undefined, skipped);
    expect(await trained(options, { steps: 6, saveAt: 3 })).toEqual(await trained(options, { steps: 6 }));
  });

  test("500 steps leak nothing, and state stays where it is", { timeout: 240_000 }, async ({ skip }) => {
    skip(skipped !== undefined, skipped);
    const engine = await createEngine({ threads: 1, ...options });
    const program = await training(engine);
    const state = await upload(engine, zeros(), zeros());
    const run = () => program.run({ bytes, y, ...state });
    await expectSteady(run, { settle: 50, steps: 500 });
    // one for each tensor of the state, none on the host's own device
    expect(liveDeviceValues()).toBe(device === "cpu" ? 0 : 2);
    const { device: before } = liveTensors();
    state.w.dispose();
    state.m.dispose();
    await engine.dispose();
    expect(liveTensors().device).toBe(before - 2);
    expect(liveDeviceValues()).toBe(0);
  });

  test("JavaScript goes on while a step runs", async ({ skip }) => {
    skip(skipped !== undefined, skipped);
    const engine = await createEngine({ threads: 1, ...options });
    const program = await engine.compile(
      ({ x }) => {
        let product = x as tf.Tensor2D;
        for (let i = 0; i < 20; i++) product = tf.mul(tf.matMul(product, x as tf.Tensor2D), 0.01);
        return { sum: tf.sum(product) };
      },
      { x: { shape: [256, 256] } },
    );
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const { sum } = await program.run({ x: new Float32Array(256 * 256).fill(0.1) });
    counting = false;
    expect(turns).toBeGreaterThan(1);
    sum?.dispose();
    await engine.dispose();
  });
});

test("runs that are asked for at once happen one after another", async () => {
  const engine = await createEngine({ device: "cpu", threads: 1, ...runtime });
  const program = await engine.compile(({ a }) => ({ a: tf.add(a, 1) }), { a: { shape: [3] } });
  const results = await Promise.all([1, 2, 3].map((value) => program.run({ a: new Float32Array(3).fill(value) })));
  const values = await Promise.all(results.map(async ({ a }) => [...((await a?.read()) ?? [])]));
  expect(values).toEqual([2, 3, 4].map((value) => [value, value, value]));
  for (const { a } of results) a?.dispose();
  await engine.dispose();
});

test("a tensor of the binding's engine is refused", async () => {
  const [native, binding] = await Promise.all([createEngine(runtime), createEngine()]);
  const program = await native.compile(({ x }) => ({ y: tf.square(x) }), { x: { shape: [1] } });
  const theirs = await binding.tensor(Float32Array.of(3), [1]);
  await expect(program.run({ x: theirs })).rejects.toThrow(/a tensor of this program's device/);
  theirs.dispose();
  await native.dispose();
  await binding.dispose();
});

test.each(["binding", "native"] as const)("too little memory is one clear line, by %s", async (kind) => {
  const engine = await createEngine({ threads: 1, runtime: kind });
  // 2^44 elements
  const program = await engine.compile(({ x, y: row }) => ({ sum: tf.sum(tf.exp(tf.add(x, row))) }), {
    x: { shape: [2 ** 22, 1] },
    y: { shape: [1, 2 ** 22] },
  });
  const line = new Float32Array(2 ** 22);
  await expect(program.run({ x: line, y: line })).rejects.toMatchObject({
    code: "E_MEMORY",
    exitCode: 1,
    message: expect.stringMatching(/^device cpu: out of the device's memory.*batchSize smaller/),
  });
  await engine.dispose();
});

test("time by operator", async () => {
  const engine = await createEngine({ threads: 1, ...runtime });
  const program = await engine.compile(({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D) }), {
    x: { shape: [8, 8] },
  });
  const times = await program.profile({ x: new Float32Array(64) });
  expect(times.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 5);
  await engine.dispose();
});
