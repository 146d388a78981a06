import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { batchNorm, conv2d, createEngine } from "../index.ts";
import { blockSize } from "./block-size.ts";

type Inputs = Record<string, { readonly shape: readonly number[] }>;
type Fn = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

/** Numbers in [-1, 1) that differ from input to input. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 8388608;
  });
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

async function outputsOn(
  device: "cpu" | "reference",
  fn: Fn,
  inputs: Inputs,
): Promise<{ values: Map<string, Float32Array>; ops: string[] }> {
  const engine = await createEngine({ device });
  const program = await engine.compile(fn as never, inputs as never);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }], i) => [name, numbers(size(shape), i + 1)]),
  );
  const results = await program.run(feeds);
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(results)) {
    values.set(name, Float32Array.from((await tensor.read()) as Float32Array));
    tensor.dispose();
  }
  const ops = program.describe().byOp.map(({ op }) => op);
  await engine.dispose();
  return { values, ops };
}

/** Norm of the difference by the norm of what is expected. */
function distance(got: Float32Array, wanted: Float32Array): number {
  let difference = 0;
  let total = 0;
  for (const [i, value] of wanted.entries()) {
    difference += ((got[i] as number) - value) ** 2;
    total += value ** 2;
  }
  return Math.sqrt(difference / total);
}

/** Values and gradients agree on both devices; returns the operators that the CPU ran. */
async function agree(fn: Fn, inputs: Inputs): Promise<string[]> {
  const reference = await outputsOn("reference", fn, inputs);
  const cpu = await outputsOn("cpu", fn, inputs);
  for (const [name, wanted] of reference.values) {
    const got = cpu.values.get(name) as Float32Array;
    expect(got.length).toBe(wanted.length);
    expect(distance(got, wanted), name).toBeLessThan(1e-4);
  }
  return cpu.ops;
}

/** Output of `f` and the gradients of a quadratic in it. */
function withGradients(names: readonly string[], f: (...values: tf.Tensor[]) => tf.Tensor): Fn {
  return (inputs) => {
    const loss = (...values: tf.Tensor[]): tf.Scalar => tf.mean(tf.square(tf.add(f(...values), 0.3))) as tf.Scalar;
    const values = names.map((name) => inputs[name] as tf.Tensor);
    const { grads } = tf.valueAndGrads(loss)(values);
    return { y: f(...values), ...Object.fromEntries(grads.map((grad, i) => [`d${names[i]}`, grad])) };
  };
}

interface Case {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** False where no blocked form fits. */
  readonly isBlocked?: boolean;
}

const cases: readonly Case[] = [
  { x: [16, 16, 6, 6], w: [32, 16, 3, 3], padding: 1 },
  { x: [16, 32, 8, 8], w: [16, 32, 3, 3], stride: 2, padding: 1 },
  { x: [3, 16, 7, 9], w: [16, 16, 3, 3], stride: 2, padding: 1 },
  { x: [5, 32, 5, 5], w: [48, 32, 1, 1] },
  { x: [4, 48, 6, 6], w: [16, 48, 1, 1], stride: 2 },
  { x: [2, 16, 7, 7], w: [16, 16, 1, 1], stride: 2 },
  { x: [2, 3, 16, 16], w: [16, 3, 7, 7], stride: 2, padding: 3 },
  { x: [17, 3, 8, 8], w: [32, 3, 3, 3], stride: 2, padding: 1 },
  { x: [2, 3, 9, 9], w: [16, 3, 3, 3], padding: 1 },
  { x: [2, 16, 13, 13], w: [16, 16, 7, 7], stride: 2, padding: 3 },
  { x: [2, 16, 9, 9], w: [16, 16, 2, 2], stride: 2 },
  { x: [2, 16, 9, 9], w: [16, 16, 3, 3], padding: 2, dilation: 2 },
  { x: [2, 16, 8, 8], w: [16, 16, 3, 3], stride: 3 },
  { x: [2, 32, 6, 6], w: [32, 1, 3, 3], padding: 1, groups: 32, isBlocked: false },
  { x: [2, 32, 6, 6], w: [32, 16, 3, 3], padding: 1, groups: 2, isBlocked: false },
  { x: [2, 20, 6, 6], w: [10, 20, 3, 3], padding: 1, isBlocked: false },
];

describe("convolution and its gradients on blocks of channels are the plain ones", () => {
  test.each(cases)(
    "x $x, w $w, stride $stride, padding $padding, dilation $dilation, groups $groups",
    async (given) => {
      const { x, w, stride = 1, padding = 0, dilation = 1, groups = 1 } = given;
      const fn = withGradients(["x", "w"], (a, b) =>
        conv2d(a as tf.Tensor, b as tf.Tensor, { stride, padding, dilation, groups }),
      );
      const ops = await agree(fn, { x: { shape: x }, w: { shape: w } });
      expect(ops.includes("ReorderInput")).toBe(given.isBlocked !== false && blockSize() !== undefined);
    },
  );
});

test("batch norm of a convolution, its gradient and its statistics", async () => {
  const inputs = { x: { shape: [6, 16, 5, 7] }, w: { shape: [32, 16, 3, 3] }, g: { shape: [32] }, b: { shape: [32] } };
  const normed = (x: tf.Tensor, w: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
    batchNorm(conv2d(x, w, { padding: 1 }), g, b);
  const gradients = withGradients(["x", "w", "g", "b"], (x, w, g, b) =>
    tf.relu(normed(x as tf.Tensor, w as tf.Tensor, g as tf.Tensor, b as tf.Tensor).y),
  );
  const ops = await agree((i) => {
    const { mean, variance } = normed(i.x as tf.Tensor, i.w as tf.Tensor, i.g as tf.Tensor, i.b as tf.Tensor);
    return { ...gradients(i), mean, variance };
  }, inputs);
  expect(ops).toContain("Conv");
});

/** Two residual blocks, the second strided with a projected shortcut, then the mean over pixels. */
function twoBlocks(p: (name: string) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  const unit = (y: tf.Tensor, name: string, stride: number, padding: number): tf.Tensor =>
    batchNorm(conv2d(y, p(name), { stride, padding }), p(`${name}g`), p(`${name}b`)).y;
  const stem = tf.relu(unit(x, "stem", 2, 1));
  const first = tf.relu(tf.add(unit(tf.relu(unit(stem, "a", 1, 1)), "c", 1, 1), stem));
  const second = tf.relu(tf.add(unit(tf.relu(unit(first, "d", 2, 1)), "e", 1, 1), unit(first, "f", 2, 0)));
  return tf.concat([tf.mean(first, [2, 3]), tf.mean(second, [2, 3])], 1);
}

test("a residual network's step", async () => {
  const weights = {
    stem: [16, 3, 3, 3],
    a: [16, 16, 3, 3],
    c: [16, 16, 3, 3],
    d: [32, 16, 3, 3],
    e: [32, 32, 3, 3],
    f: [32, 16, 1, 1],
  };
  const inputs: Record<string, { shape: number[] }> = { x: { shape: [8, 3, 12, 12] } };
  for (const [name, shape] of Object.entries(weights)) {
    inputs[name] = { shape };
    inputs[`${name}g`] = { shape: [shape[0] as number] };
    inputs[`${name}b`] = { shape: [shape[0] as number] };
  }
  const names = Object.keys(inputs).filter((name) => name !== "x");
  const ops = await agree((i) => {
    const fn = withGradients(names, (...values) =>
      twoBlocks((name) => values[names.indexOf(name)] as tf.Tensor, i.x as tf.Tensor),
    );
    return fn(i);
  }, inputs);
  expect(ops).not.toContain("ConvTranspose");
});
