// The two computations that every probe is made of, on the engine: inner products of rows, and the loss of linear heads with
// its gradient. Programs are compiled once for each shape. Not an optimizer.
import type { CompiledProgram, DeviceTensor, Engine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { type Matrix, pickRows } from "../matrix.ts";

/** Cross-entropy of a softmax, of a sigmoid for each output, or half the squared error. */
export type HeadLossKind = "softmax" | "sigmoid" | "squares";

/** Inputs and targets of a head, on the device. */
export interface HeadBatch {
  readonly kind: HeadLossKind;
  /** Rows that count; `x` has more, of zeros, so that few shapes are compiled. */
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  readonly x: DeviceTensor;
  /** `[rows, outputs]` targets. */
  readonly y: DeviceTensor;
  /** `[rows, outputs]` weights: `1 / rows`, 0 where the target is unknown or the row is padding. */
  readonly weights: DeviceTensor;
}

/** Loss of each head and its gradient. */
export interface HeadGradient {
  /** `[heads]` */
  readonly loss: Float64Array;
  /** `[heads * outputs, columns]` */
  readonly weight: Float32Array;
  /** `[heads * outputs]` */
  readonly bias: Float32Array;
}

/** Parameters of heads that are fitted side by side. */
export interface Heads {
  readonly heads: number;
  /** `[heads * outputs, columns]` */
  readonly weight: Float32Array;
  /** `[heads * outputs]` */
  readonly bias: Float32Array;
}

/** See {@link createKernel}. */
export interface Kernel {
  /** The matrix on the device; dispose it. */
  upload(m: Matrix): Promise<DeviceTensor>;
  /** `a bᵀ`: `[a.rows, b.rows]`. */
  products(a: DeviceTensor | Matrix, b: DeviceTensor | Matrix): Promise<Matrix>;
  /** Puts rows and targets on the device; NaN targets do not count. Dispose with {@link disposeBatch}. */
  batch(kind: HeadLossKind, x: Matrix, y: Matrix): Promise<HeadBatch>;
  /** Mean loss over the rows of the batch and its gradient, for each head. */
  headLoss(batch: HeadBatch, heads: Heads): Promise<HeadGradient>;
  dispose(): Promise<void>;
}

/** Wraps an engine, which stays the caller's. */
export function createKernel(engine: Engine): Kernel {
  const programs = new Map<string, Promise<CompiledProgram>>();
  const compiled = (key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram> => {
    const program = programs.get(key) ?? make();
    programs.set(key, program);
    return program;
  };
  const upload = (m: Matrix): Promise<DeviceTensor> => engine.tensor(m.data, [m.rows, m.columns]);
  return {
    upload,
    async products(a, b) {
      const [m, n, columns] = [rowsOf(a), rowsOf(b), columnsOf(a)];
      const program = await compiled(`products ${m} ${n} ${columns}`, () =>
        engine.compile((feeds) => ({ out: tf.matMul(feeds.a, feeds.b, false, true) }), {
          a: { shape: [m, columns] },
          b: { shape: [n, columns] },
        }),
      );
      const data = await outputOf(await program.run({ a: feedOf(a), b: feedOf(b) }));
      return { data: data.get("out") as Float32Array, rows: m, columns: n };
    },
    async batch(kind, x, y) {
      const padding = paddedRows(x.rows) - x.rows;
      const all = Array.from({ length: x.rows }, (_, i) => i);
      const { data, rows } = pickRows(y, all, padding);
      const weights = data.map((value, i) => (i < y.data.length && !Number.isNaN(value) ? 1 / x.rows : 0));
      const targets = data.map((value) => (Number.isNaN(value) ? 0 : value));
      return {
        kind,
        rows: x.rows,
        columns: x.columns,
        outputs: y.columns,
        x: await upload(pickRows(x, all, padding)),
        y: await engine.tensor(targets, [rows, y.columns]),
        weights: await engine.tensor(weights, [rows, y.columns]),
      };
    },
    async headLoss({ kind, x, y, weights, columns, outputs }, { heads, weight, bias }) {
      const rows = x.shape[0] as number;
      const shape = { kind, rows, columns, outputs, heads };
      const program = await compiled(JSON.stringify(shape), () => compileHeadLoss(engine, shape));
      const out = await outputOf(await program.run({ x, y, weights, weight, bias }));
      return {
        loss: sumRows(out.get("loss") as Float32Array, heads),
        weight: out.get("weight") as Float32Array,
        bias: out.get("bias") as Float32Array,
      };
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
      programs.clear();
    },
  };
}

/** Frees a batch. */
export function disposeBatch({ x, y, weights }: HeadBatch): void {
  for (const tensor of [x, y, weights]) tensor.dispose();
}

const isMatrix = (m: DeviceTensor | Matrix): m is Matrix => "data" in m;
const feedOf = (m: DeviceTensor | Matrix): DeviceTensor | Float32Array => (isMatrix(m) ? m.data : m);
const rowsOf = (m: DeviceTensor | Matrix): number => (isMatrix(m) ? m.rows : (m.shape[0] as number));
const columnsOf = (m: DeviceTensor | Matrix): number => (isMatrix(m) ? m.columns : (m.shape[1] as number));

// up to an eighth more, so that draws of nearly equal size share a program
function paddedRows(rows: number): number {
  const step = Math.max(16, 2 ** (Math.floor(Math.log2(rows)) - 3));
  return Math.ceil(rows / step) * step;
}

interface HeadShape {
  readonly kind: HeadLossKind;
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
  readonly heads: number;
}

function compileHeadLoss(engine: Engine, { kind, rows, columns, outputs, heads }: HeadShape): Promise<CompiledProgram> {
  const all = heads * outputs;
  return engine.compile(
    ({ x, y, weights, weight, bias }) => {
      const scores = tf.reshape(tf.add(tf.matMul(x, weight, false, true), bias), [rows, heads, outputs]);
      const target = tf.reshape(y, [rows, 1, outputs]);
      const counts = tf.reshape(weights, [rows, 1, outputs]);
      const { loss, residual } = lossAndResidual(kind, scores, target);
      const weighted = tf.reshape(tf.mul(residual, counts), [rows, all]);
      return {
        loss: tf.sum(tf.mul(loss, counts), 2),
        weight: tf.matMul(weighted, x, true, false),
        bias: tf.sum(weighted, 0),
      };
    },
    {
      x: { shape: [rows, columns] },
      y: { shape: [rows, outputs] },
      weights: { shape: [rows, outputs] },
      weight: { shape: [all, columns] },
      bias: { shape: [all] },
    },
  );
}

// elementwise [rows, heads, outputs]: the loss, and its derivative by the score
function lossAndResidual(kind: HeadLossKind, scores: tf.Tensor, y: tf.Tensor): Record<"loss" | "residual", tf.Tensor> {
  if (kind === "squares") {
    const residual = tf.sub(scores, y);
    return { loss: tf.mul(tf.square(residual), 0.5), residual };
  }
  if (kind === "sigmoid") {
    // log(1 + e^z) - y z without overflow
    const softplus = tf.add(tf.relu(scores), tf.log(tf.add(tf.exp(tf.neg(tf.abs(scores))), 1)));
    return { loss: tf.sub(softplus, tf.mul(y, scores)), residual: tf.sub(tf.sigmoid(scores), y) };
  }
  const shifted = tf.sub(scores, tf.max(scores, 2, true));
  const logs = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 2, true)));
  return { loss: tf.neg(tf.mul(y, logs)), residual: tf.sub(tf.exp(logs), y) };
}

async function outputOf(out: Readonly<Record<string, DeviceTensor>>): Promise<Map<string, Float32Array>> {
  const read = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(out)) {
    read.set(name, (await tensor.read()) as Float32Array);
    tensor.dispose();
  }
  return read;
}

// in double precision: near the minimum the loss changes by less than float32 resolves
function sumRows(loss: Float32Array, heads: number): Float64Array {
  const sums = new Float64Array(heads);
  for (let i = 0; i < loss.length; i++) sums[i % heads] = (sums[i % heads] as number) + (loss[i] as number);
  return sums;
}
