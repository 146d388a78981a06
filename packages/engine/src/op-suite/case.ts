// What a case of the op table is, and the operands that cases are made of. Values are fixed, so failures repeat.
import type * as tf from "@tensorflow/tfjs";
import type { InputType } from "../trace.ts";

/** A named input of a case. */
export interface Operand {
  readonly shape: readonly number[];
  readonly dtype: Exclude<InputType, "uint8">;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** One use of a kernel: its results on a device are compared with the reference's. */
export interface OpCase {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly run: (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** Largest `|got - want| / (1 + |want|)`; default: the device's error bound. */
  readonly tolerance?: number;
  /** Has NaN or infinities, which shaders may treat as they like. */
  readonly special?: boolean;
  /** Something that tfjs-node's kernels refuse. */
  readonly beyondTensorflow?: boolean;
}

/** Cases of one kernel. */
export interface OpEntry {
  readonly cases: readonly OpCase[];
  /** Said in the support table. */
  readonly note?: string;
  /** Replaces the tolerance on WebGPU. */
  readonly webgpuTolerance?: number;
}

/** The cases of an entry that are run on a device. */
export function casesOn(device: "cpu" | "webgpu" | "cuda" | "tensorflow", { cases }: OpEntry): readonly OpCase[] {
  if (device === "webgpu") return cases.filter(({ special }) => special !== true);
  if (device === "tensorflow") return cases.filter(({ beyondTensorflow }) => beyondTensorflow !== true);
  return cases;
}

/** Entries by tfjs kernel name. */
export type OpTable = Readonly<Record<string, OpEntry>>;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

let phase = 0;

/** Floats in `[low, high]`, no two alike. */
export function floats(shape: readonly number[], low = -2, high = 2): Operand {
  phase += 0.37;
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const fraction = (i * 0.754_877_666 + phase) % 1;
    return low + (high - low) * fraction;
  });
  return { shape, dtype: "float32", data };
}

/** Given floats. */
export const values = (data: readonly number[], shape: readonly number[] = [data.length]): Operand => ({
  shape,
  dtype: "float32",
  data: Float32Array.from(data),
});

/** Whole numbers in `[low, high]`. */
export function ints(shape: readonly number[], low = -4, high = 4): Operand {
  const data = Int32Array.from({ length: sizeOf(shape) }, (_, i) => low + ((i * 7 + 3) % (high - low + 1)));
  return { shape, dtype: "int32", data };
}

/** Given whole numbers. */
export const intValues = (data: readonly number[], shape: readonly number[] = [data.length]): Operand => ({
  shape,
  dtype: "int32",
  data: Int32Array.from(data),
});

/** Booleans. */
export const bools = (shape: readonly number[]): Operand => ({
  shape,
  dtype: "bool",
  data: Uint8Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5 + 1) % 3 === 0 ? 1 : 0)),
});

/** NaN, infinities, zero and ordinary numbers. */
export const specials = (): Operand => values([Number.NaN, Infinity, -Infinity, 0, 1, -1.5]);

/** A case. */
export const opCase = (
  name: string,
  operands: readonly Operand[],
  run: OpCase["run"],
  options: Pick<OpCase, "tolerance" | "special" | "beyondTensorflow"> = {},
): OpCase => ({ name, operands, run, ...options });
