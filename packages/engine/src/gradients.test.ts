// Gradients on the CPU, and on CUDA and TensorFlow where they are: of the fused ops against central differences of their definitions
// in float64, of tfjs's ops against the reference device's own differentiation.
import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import {
  attention64,
  averagePool64,
  batchNorm64,
  conv64,
  gelu64,
  gridSample64,
  layerNorm64,
  linear64,
  multiHeadAttention64,
  softmax64,
} from "./_float64.test-helper.ts";
import { cudaMissing } from "./_cuda.test-helper.ts";
import { floats, type Operand, opCase } from "./op-suite/case.ts";
import { differences } from "./op-suite/run.ts";
import { tensorflowMissing } from "./_tensorflow.test-helper.ts";
import {
  type AttentionWeights,
  attention,
  batchNorm,
  conv2d,
  createEngine,
  errorBounds,
  gelu,
  gridSample,
  layerNorm,
  layerNormLinear,
  linear,
  multiHeadAttention,
  type Signature,
  softmax,
} from "./index.ts";

type Fn = (...tensors: tf.Tensor[]) => tf.Tensor;
type Fn64 = (...arrays: number[][]) => number[];

/** Upstream gradient, the same on both sides. */
const upstream = (i: number): number => Math.cos(i * 0.9) + 0.3;

const weighted = (y: tf.Tensor): tf.Scalar =>
  tf.sum(
    tf.mul(
      y,
      tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => upstream(i)),
        y.shape,
      ),
    ),
  ) as tf.Scalar;

type Device = "cpu" | "cuda" | "tensorflow";

async function compiledGradients(device: Device, operands: readonly Operand[], fn: Fn): Promise<number[][]> {
  const engine = await createEngine({ device, threads: 1 });
  const signature: Signature = Object.fromEntries(operands.map(({ shape }, k) => [`x${k}`, { shape }]));
  const program = await engine.compile((inputs) => {
    const args = operands.map((_, k) => inputs[`x${k}`] as tf.Tensor);
    const made = tf.grads((...tensors: tf.Tensor[]) => weighted(fn(...tensors)))(args);
    return Object.fromEntries(made.map((gradient, k) => [`d${k}`, gradient]));
  }, signature);
  const outputs = await program.run(Object.fromEntries(operands.map(({ data }, k) => [`x${k}`, data])));
  const gradients = await Promise.all(operands.map(async (_, k) => [...((await outputs[`d${k}`]?.read()) ?? [])]));
  for (const tensor of Object.values(outputs)) tensor.dispose();
  await engine.dispose();
  return gradients;
}

const STEP = 1e-4;

function centralDifferences(operands: readonly Operand[], fn: Fn64): number[][] {
  const arrays = operands.map(({ data }) => [...data]);
  const objective = (): number => fn(...arrays).reduce((sum, v, i) => sum + v * upstream(i), 0);
  return arrays.map((array) =>
    array.map((value, i) => {
      array[i] = value + STEP;
      const above = objective();
      array[i] = value - STEP;
      const below = objective();
      array[i] = value;
      return (above - below) / (2 * STEP);
    }),
  );
}

const geometry = { c: 3, size: 5, kernel: 3, stride: 2, padding: 1 };

/** tfjs-node refuses padding in numbers. */
const beyondTensorflow = "tfjs's average pooling with padding";

const fused: Record<string, readonly [Operand[], Fn, Fn64]> = {
  gelu: [[floats([3, 5])], (x) => gelu(x as tf.Tensor), (x) => gelu64(x as number[])],
  softmax: [[floats([3, 5])], (x) => softmax(x as tf.Tensor), (x) => softmax64(x as number[], 5)],
  layerNorm: [[floats([3, 5])], (x) => layerNorm(x as tf.Tensor), (x) => layerNorm64(x as number[], 5)],
  linear: [
    [floats([2, 3]), floats([4, 3]), floats([4])],
    (x, w, b) => linear(x as tf.Tensor, w as tf.Tensor, b),
    (x, w, b) => linear64(x as number[], w as number[], b as number[]),
  ],
  layerNormLinear: [
    [floats([2, 5]), floats([5]), floats([5]), floats([3, 5]), floats([3])],
    (x, weight, bias, w, b) =>
      layerNormLinear(x as tf.Tensor, { weight: weight as tf.Tensor, bias }, { weight: w as tf.Tensor, bias: b }),
    (x, weight, bias, w, b) => {
      const normal = layerNorm64(x as number[], 5).map(
        (v, i) => v * (weight?.[i % 5] as number) + (bias?.[i % 5] as number),
      );
      return linear64(normal, w as number[], b as number[]);
    },
  ],
  attention: [
    [floats([1, 1, 3, 4]), floats([1, 1, 5, 4]), floats([1, 1, 5, 4])],
    (q, k, v) => attention(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor),
    (q, k, v) => attention64(q as number[], k as number[], v as number[], 4),
  ],
  multiHeadAttention: [
    [floats([4, 3, 4]), floats([12, 4]), floats([4]), floats([4, 4])],
    (x, qkv, queryBias, out) => multiHeadAttention(x as tf.Tensor, { qkv, queryBias, out } as AttentionWeights, 2),
    (...operands) =>
      multiHeadAttention64(operands as [number[], number[], number[], number[]], { images: 4, heads: 2 }),
  ],
  "multiHeadAttention of an odd batch": [
    [floats([3, 2, 6]), floats([18, 6]), floats([6]), floats([6, 6])],
    (x, qkv, queryBias, out) => multiHeadAttention(x as tf.Tensor, { qkv, queryBias, out } as AttentionWeights, 3),
    (...operands) =>
      multiHeadAttention64(operands as [number[], number[], number[], number[]], { images: 3, heads: 3 }),
  ],
  batchNorm: [
    [floats([5, 3]), floats([3]), floats([3])],
    (x, w, b) => batchNorm(x as tf.Tensor, w as tf.Tensor, b as tf.Tensor).y,
    (x, w, b) => batchNorm64(x as number[], w as number[], b as number[]),
  ],
  [beyondTensorflow]: [
    [floats([1, 5, 6, 1])],
    (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 1, "floor"),
    (x) => averagePool64(x as number[], { height: 5, width: 6, size: 3, stride: 2 }),
  ],
  conv2d: [
    [floats([1, 3, 5, 5]), floats([2, 3, 3, 3])],
    (x, w) => conv2d(x as tf.Tensor, w as tf.Tensor, { stride: 2, padding: 1 }),
    (x, w) => conv64(x as number[], w as number[], geometry),
  ],
};

/** Points off the pixels' centres and edges, where the function has kinks: inside, on the rim, and outside. */
const offCentre = [-1.83, -1.27, -0.91, -0.43, 0.11, 0.37, 0.71, 0.93, 1.31, 1.77];

for (const paddingMode of ["zeros", "border", "reflection"] as const) {
  for (const alignCorners of [false, true]) {
    const grid = Float32Array.from({ length: 20 }, (_, i) => offCentre[i % 2 === 0 ? i / 2 : (7 * i) % 10] as number);
    const settings = { channels: 2, height: 3, width: 4, paddingMode, alignCorners };
    fused[`gridSample, ${paddingMode}, corners ${alignCorners ? "aligned" : "not aligned"}`] = [
      [floats([1, 2, 3, 4]), { data: grid, shape: [1, 2, 5, 2], dtype: "float32" }],
      (x, places) => gridSample(x as tf.Tensor, places as tf.Tensor, { paddingMode, alignCorners }),
      (x, places) => gridSample64(x as number[], places as number[], settings),
    ];
  }
}

const gradient =
  (fn: Fn) =>
  (...tensors: tf.Tensor[]) =>
    tf.grads((...args: tf.Tensor[]) => weighted(fn(...args)))(tensors);

const positive = (): Operand => floats([3, 5], 0.3, 0.9);
const unaryOps: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  abs: tf.abs,
  acos: tf.acos,
  asin: tf.asin,
  asinh: tf.asinh,
  atan: tf.atan,
  atanh: tf.atanh,
  cos: tf.cos,
  cosh: tf.cosh,
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  log: tf.log,
  log1p: tf.log1p,
  neg: tf.neg,
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  relu6: tf.relu6,
  rsqrt: tf.rsqrt,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sin: tf.sin,
  sinh: tf.sinh,
  softplus: tf.softplus,
  sqrt: tf.sqrt,
  square: tf.square,
  tan: tf.tan,
  tanh: tf.tanh,
};

const binaryOps: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  pow: tf.pow,
  atan2: tf.atan2,
  mod: tf.mod,
};

/** tfjs's gradients of these do not know broadcasting. */
const sameShapeOps: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
};

const smooth: Record<string, readonly [Operand[], Fn]> = {
  ...Object.fromEntries(Object.entries(unaryOps).map(([name, op]) => [name, [[positive()], op]])),
  ...Object.fromEntries(Object.entries(binaryOps).map(([name, op]) => [name, [[positive(), floats([5], 1.1, 2)], op]])),
  ...Object.fromEntries(Object.entries(sameShapeOps).map(([name, op]) => [name, [[positive(), positive()], op]])),
  sum: [[positive()], (x) => tf.sum(x as tf.Tensor, 0)],
  mean: [[positive()], (x) => tf.mean(x as tf.Tensor, 1)],
  max: [[positive()], (x) => tf.max(x as tf.Tensor, 1)],
  min: [[positive()], (x) => tf.min(x as tf.Tensor, 1)],
  prod: [[positive()], (x) => tf.prod(x as tf.Tensor, 1)],
  cumsum: [[positive()], (x) => tf.cumsum(x as tf.Tensor, 1)],
  logSumExp: [[positive()], (x) => tf.logSumExp(x as tf.Tensor, 1)],
  logSoftmax: [[positive()], (x) => tf.logSoftmax(x as tf.Tensor)],
  clipByValue: [[positive()], (x) => tf.clipByValue(x as tf.Tensor, 0.4, 0.7)],
  matMul: [[floats([2, 3, 4]), floats([2, 4, 5])], (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor)],
  concat: [[floats([2, 3]), floats([4, 3])], (...parts) => tf.concat(parts)],
  slice: [[floats([4, 5])], (x) => tf.slice(x as tf.Tensor, [1, 0], [2, 3])],
  pad: [
    [floats([2, 3])],
    (x) =>
      tf.pad(x as tf.Tensor, [
        [1, 2],
        [0, 1],
      ]),
  ],
  tile: [[floats([2, 3])], (x) => tf.tile(x as tf.Tensor, [2, 3])],
  transpose: [[floats([2, 3, 4])], (x) => tf.transpose(x as tf.Tensor, [2, 0, 1])],
  gather: [[floats([5, 3])], (x) => tf.gather(x as tf.Tensor, tf.tensor1d([0, 4, 4], "int32"))],
  where: [
    [floats([2, 3]), floats([2, 3])],
    (a, b) => tf.where(tf.tensor2d([1, 0, 1, 1, 0, 0], [2, 3], "bool"), a as tf.Tensor, b as tf.Tensor),
  ],
  stack: [[floats([2, 3]), floats([2, 3])], (...parts) => tf.stack(parts, 1)],
};

describe.each(["cpu", "cuda", "tensorflow"] as const)("on %s", (device) => {
  const missing = { cpu: undefined, cuda: cudaMissing(), tensorflow: tensorflowMissing() }[device];
  beforeEach(({ skip }) => skip(missing !== undefined, missing));

  const here = Object.entries(fused).filter(([name]) => device !== "tensorflow" || name !== beyondTensorflow);
  test.each(here)("%s: central differences in float64", async (_, [operands, fn, fn64]) => {
    const got = await compiledGradients(device, operands, fn);
    const want = centralDifferences(operands, fn64);
    for (const [k, expected] of want.entries()) {
      const scale = Math.max(1, ...expected.map(Math.abs));
      for (const [i, value] of expected.entries())
        expect(Math.abs((got[k]?.[i] as number) - value) / scale).toBeLessThan(errorBounds[device].opGradient);
    }
  });

  test.each(Object.entries(smooth))("%s: gradient as the reference's", async (name, [operands, fn]) => {
    const cases = [opCase(name, operands, gradient(fn), { tolerance: 1e-4 })];
    const problems = await differences("", { cases }, device);
    expect(problems.filter((problem) => !problem.startsWith("no case"))).toEqual([]);
  });
});
