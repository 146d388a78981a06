import type * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { multiHeadAttention64 } from "./_float64.test-helper.ts";
import { floats } from "./op-suite/case.ts";
import { tensorflowMissing } from "./_tensorflow.test-helper.ts";
import { webgpuMissing } from "./_webgpu.test-helper.ts";
import { createEngine, type DeviceName } from "./index.ts";
import { multiHeadAttention } from "./ops/multi-head-attention.ts";

const missing: Readonly<Partial<Record<DeviceName, string | undefined>>> = {
  webgpu: webgpuMissing(),
  tensorflow: tensorflowMissing(),
};

// 38 images of 31 tokens are two groups of rows, 3 images one, and 1 head needs no batch of heads
test.for([
  ["cpu", 38, 31, 2],
  ["cpu", 3, 5, 2],
  ["cpu", 2, 5, 1],
  ["reference", 3, 5, 2],
  ["webgpu", 4, 5, 2],
  ["tensorflow", 3, 5, 2],
] as const)(
  "multi-head attention on %s: %i images, %i tokens, %i heads",
  async ([device, images, tokens, heads], { skip }) => {
    skip(missing[device] !== undefined, missing[device]);
    const engine = await createEngine({ device, threads: 1 });
    const d = 4;
    const operands = [floats([images, tokens, d]), floats([3 * d, d]), floats([d]), floats([d, d])] as const;
    const [x, qkv, queryBias, out] = operands.map(({ data }) => data) as [Float32Array, ...Float32Array[]];
    const program = await engine.compile(
      (t) => ({
        y: multiHeadAttention(
          t["x"] as tf.Tensor,
          { qkv: t["qkv"] as tf.Tensor, queryBias: t["queryBias"] as tf.Tensor, out: t["out"] as tf.Tensor },
          heads,
        ),
      }),
      {
        x: { shape: [images, tokens, d] },
        qkv: { shape: [3 * d, d] },
        queryBias: { shape: [d] },
        out: { shape: [d, d] },
      },
    );
    const { y } = await program.run({
      x,
      qkv: qkv as Float32Array,
      queryBias: queryBias as Float32Array,
      out: out as Float32Array,
    });
    const wanted = multiHeadAttention64(
      operands.map(({ data }) => [...data]) as unknown as [number[], number[], number[], number[]],
      { images, heads },
    );
    const values = (await y?.read()) ?? [];
    expect(values.length).toBe(wanted.length);
    expect(wanted.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (values[i] ?? Number.NaN))), 0)).toBeLessThan(
      1e-5,
    );
    y?.dispose();
    await engine.dispose();
  },
);
