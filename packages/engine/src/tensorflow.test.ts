// The tensorflow device itself: memory, types, state, what it refuses. Its ops: ops.tensorflow.test.ts, gradients.test.ts.
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectSteady, liveTensors } from "./_steady.test-helper.ts";
import { tensorflowMissing } from "./_tensorflow.test-helper.ts";
import { batchNorm, conv2d, createEngine, type Engine, gelu, linear, localGroup } from "./index.ts";

const missing = tensorflowMissing();

describe("on tensorflow", () => {
  let engine: Engine;
  beforeAll(async () => {
    if (missing === undefined) engine = await createEngine({ device: "tensorflow", threads: 1 });
  });
  beforeEach(({ skip }) => skip(missing !== undefined, missing));
  afterAll(() => engine?.dispose());

  test("1000 training steps hold memory and tensors where they were", { timeout: 120_000 }, async () => {
    const program = await engine.compile(
      ({ images, y, w, kernel, m }) => {
        const x = tf.transpose(tf.cast(images, "float32"), [0, 3, 1, 2]);
        const loss = (weight: tf.Tensor, filters: tf.Tensor): tf.Scalar => {
          const features = batchNorm(conv2d(x, filters, { padding: 1 }), tf.ones([8]), tf.zeros([8])).y;
          const hidden = gelu(linear(tf.mean(features, [2, 3]), weight));
          return tf.mean(tf.squaredDifference(hidden, y)) as tf.Scalar;
        };
        const { value, grads } = tf.valueAndGrads(loss)([w, kernel]);
        const momentum = tf.add(tf.mul(m, 0.9), grads[0] as tf.Tensor);
        return { loss: value, m: momentum, w: tf.sub(w, tf.mul(momentum, 0.05)) };
      },
      {
        images: { shape: [16, 8, 8, 3], dtype: "uint8" },
        y: { shape: [16, 4] },
        w: { shape: [4, 8] },
        kernel: { shape: [8, 3, 3, 3] },
        m: { shape: [4, 8] },
      },
      { updates: ["w", "m"] },
    );
    const kernel = Float32Array.from({ length: 216 }, (_, i) => Math.sin(i * 1.1) / 500);
    const y = Float32Array.from({ length: 64 }, (_, i) => Math.cos(i * 0.7));
    const w = await engine.tensor(new Float32Array(32).fill(0.1), [4, 8]);
    const m = await engine.tensor(new Float32Array(32), [4, 8]);
    const images = Uint8Array.from({ length: 16 * 192 }, (_, i) => (i * i * 31 + i * 7) % 256);
    await expectSteady(() => program.run({ images, y, w, m, kernel }), { settle: 100, steps: 1000 });
    const { device, tfjs } = liveTensors();
    w.dispose();
    m.dispose();
    expect(liveTensors()).toEqual({ device: device - 2, tfjs: tfjs - 2 });
  });

  test("bytes, whole numbers and booleans keep their values and types, fed or held", async () => {
    const program = await engine.compile(
      ({ bytes, whole, flags }) => ({ sum: tf.add(bytes, whole), not: tf.logicalNot(flags), same: whole }),
      {
        bytes: { shape: [3], dtype: "uint8" },
        whole: { shape: [3], dtype: "int32" },
        flags: { shape: [2], dtype: "bool" },
      },
    );
    const bytes = Uint8Array.of(0, 127, 255);
    const held = await engine.tensor(bytes, [3]);
    expect([held.dtype, await held.read()]).toEqual(["uint8", bytes]);
    for (const given of [bytes, held]) {
      const out = await program.run({ bytes: given, whole: Int32Array.of(-1, 0, 1), flags: Uint8Array.of(1, 0) });
      expect(await out["sum"]?.read()).toEqual(Int32Array.of(-1, 127, 256));
      expect([out["not"]?.dtype, await out["not"]?.read()]).toEqual(["bool", Uint8Array.of(0, 1)]);
      expect(await out["same"]?.read()).toEqual(Int32Array.of(-1, 0, 1));
      for (const tensor of Object.values(out)) tensor.dispose();
    }
    held.dispose();
    held.dispose();
    await expect(held.read()).rejects.toThrow(/used after dispose/);
  });

  test("other code keeps its own tfjs backend", async () => {
    const before = tf.getBackend();
    const program = await engine.compile(({ x }) => ({ y: tf.square(x) }), { x: { shape: [1] } });
    const { y } = await program.run({ x: Float32Array.of(3) });
    expect([(await y?.read())?.[0], tf.getBackend()]).toEqual([9, before]);
    y?.dispose();
  });

  test("wrong feeds are refused as on other devices", async () => {
    const program = await engine.compile(({ x }) => ({ x: tf.neg(x) }), { x: { shape: [2] } }, { updates: ["x"] });
    const cpu = await createEngine({ device: "cpu" });
    const theirs = await cpu.tensor(Float32Array.of(1, 2), [2]);
    const short = await engine.tensor(Float32Array.of(1), [1]);
    await expect(program.run({ x: Float32Array.of(1, 2) })).rejects.toThrow(/a DeviceTensor, since/);
    await expect(program.run({ x: short })).rejects.toThrow(/expected shape \[2\], got \[1\]/);
    await expect(program.run({ x: theirs })).rejects.toThrow(/a tensor of this program's device/);
    theirs.dispose();
    short.dispose();
    await cpu.dispose();
  });
});

test("several ranks are refused", async () => {
  const [group] = localGroup(2);
  await expect(createEngine({ device: "tensorflow", ...(group && { group }) })).rejects.toThrow(/over 2 ranks/);
});
