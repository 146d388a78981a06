// What a program updates: 500 steps of a small training program hold memory and live tensors where they were, and tensors
// that are updated together are written together.
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { expectSteady, liveTensors } from "./_steady.test-helper.ts";
import { tensorflowMissing } from "./_tensorflow.test-helper.ts";
import { createEngine, linear } from "./index.ts";

test("500 training steps leak nothing, and the updates train", async () => {
  const engine = await createEngine({ device: "cpu", threads: 1 });
  const program = await engine.compile(
    ({ x, y, w, m }) => {
      const loss = (weight: tf.Tensor) => tf.mean(tf.squaredDifference(linear(x, weight), y)) as tf.Scalar;
      const { value, grad } = tf.valueAndGrad(loss)(w);
      const momentum = tf.add(tf.mul(m, 0.9), grad);
      return { loss: value, m: momentum, w: tf.sub(w, tf.mul(momentum, 0.01)) };
    },
    { x: { shape: [256, 64] }, y: { shape: [256, 32] }, w: { shape: [32, 64] }, m: { shape: [32, 64] } },
    { updates: ["w", "m"] },
  );
  const x = Float32Array.from({ length: 256 * 64 }, (_, i) => Math.sin(i * 1.3));
  const y = Float32Array.from({ length: 256 * 32 }, (_, i) => Math.cos(i * 0.7));
  const w = await engine.tensor(new Float32Array(32 * 64), [32, 64]);
  const m = await engine.tensor(new Float32Array(32 * 64), [32, 64]);
  await expectSteady(() => program.run({ x, y, w, m }), { settle: 50, steps: 500 });
  const { device } = liveTensors();
  w.dispose();
  m.dispose();
  await engine.dispose();
  expect(liveTensors().device).toBe(device - 2);
});

const missing = tensorflowMissing();

test.for(["cpu", "tensorflow"] as const)(
  "updates read the old contents and write both tensors together, on %s",
  async (device, { skip }) => {
    skip(device === "tensorflow" && missing !== undefined, missing);
    const engine = await createEngine({ device });
    const spec = { a: { shape: [1] }, b: { shape: [1] } };
    const program = await engine.compile(({ a, b }) => ({ a: b, b: tf.add(a, b) }), spec, { updates: ["a", "b"] });
    const a = await engine.tensor(Float32Array.of(0), [1]);
    const b = await engine.tensor(Float32Array.of(1), [1]);
    for (let i = 0; i < 10; i++) await program.run({ a, b });
    expect([(await a.read())[0], (await b.read())[0]]).toEqual([55, 89]);
    a.dispose();
    b.dispose();
    await engine.dispose();
  },
);
