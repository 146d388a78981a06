import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { createEngine, gelu, layerNormLinear, liveDeviceTensors } from "./index.ts";

test("a compiled function gives what the reference gives, gradient included", async () => {
  const signature = { x: { shape: [4, 6] }, w: { shape: [3, 6] } } as const;
  const fn = ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => {
    const norm = { weight: tf.ones([6]), bias: tf.zeros([6]) };
    const loss = (a: tf.Tensor, b: tf.Tensor) =>
      tf.mean(tf.square(gelu(layerNormLinear(a, norm, { weight: b })))) as tf.Scalar;
    const { value, grads } = tf.valueAndGrads(loss)([x, w]);
    return { value, dx: grads[0] as tf.Tensor, dw: grads[1] as tf.Tensor };
  };
  const feeds = {
    x: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.7)),
    w: Float32Array.from({ length: 18 }, (_, i) => Math.cos(i * 0.9)),
  };
  const results = [];
  for (const device of ["reference", "cpu"] as const) {
    const engine = await createEngine({ device });
    const program = await engine.compile(fn, signature);
    const out = await program.run(feeds);
    results.push(await Promise.all(["value", "dx", "dw"].map(async (k) => [...((await out[k]?.read()) ?? [])])));
    for (const tensor of Object.values(out)) tensor.dispose();
    await engine.dispose();
  }
  const [reference, cpu] = results as [number[][], number[][]];
  for (const [k, values] of reference.entries()) {
    for (const [i, v] of values.entries()) expect(cpu[k]?.[i]).toBeCloseTo(v, 5);
  }
  expect(liveDeviceTensors()).toBe(0);
});
