// What the golden tests share: the deterministic values of tools/goldens/encoders_torch.py and comparisons.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { ParamSpec } from "./index.ts";

/** Selects tfjs's pure-JS backend, the oracle; in production mode, where it prints nothing. */
export async function useReference(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend("cpu");
}

export interface GoldenRun {
  readonly inputs: readonly (readonly number[])[];
  readonly training: boolean;
  /** Worst relative error of PyTorch's own float32 gradients against the float64 ones stored here. */
  readonly torchFloat32Error: number;
  readonly outputs: readonly (readonly (readonly number[])[])[];
  readonly inputGradients: readonly (readonly number[])[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly buffers?: Readonly<Record<string, readonly number[]>>;
}

export interface GoldenModel extends GoldenRun {
  readonly title: string;
  readonly name?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Goldens {
  readonly vit: readonly GoldenModel[];
  readonly resnet: readonly GoldenModel[];
  readonly projector: GoldenRun & { readonly options: { inDim: number; hidden: number[]; outDim: number } };
  readonly interpolation: readonly { readonly from: number; readonly to: number; readonly matrix: readonly number[] }[];
}

export const goldens = JSON.parse(
  readFileSync(new URL("../fixtures/encoders.json", import.meta.url), "utf8"),
) as Goldens;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Numbers in [-1, 1) that depend on the name alone; equal to `values` in the golden script. */
export function namedValues(name: string, shape: readonly number[]): Float32Array {
  let hash = 0x811c9dc5;
  for (const unit of new TextEncoder().encode(name)) hash = Math.imul(hash ^ unit, 0x01000193);
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    let x = (Math.imul(i, 0x9e3779b1) + hash) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    return (x >>> 8) / 2 ** 23 - 1;
  });
}

/** The value that the golden script gives a parameter. */
export function testValue({ name, shape }: Pick<ParamSpec, "name" | "shape">): Float32Array {
  const [offset, scale] = rangeOf(name, shape);
  return namedValues(name, shape).map((u) => offset + scale * u);
}

function rangeOf(name: string, shape: readonly number[]): [offset: number, scale: number] {
  if (name.endsWith("running_var")) return [1, 0.5];
  if (name.endsWith("running_mean") || name.endsWith("bias")) return [0, 0.2];
  if (shape.length === 1) return [1, 0.3];
  if (name === "cls_token" || name === "pos_embed") return [0, 0.5];
  return [0, 1.5 / Math.sqrt(sizeOf(shape.slice(1)))];
}

/** The scalar whose gradients the script stores, for the outputs of one view. */
export function weighted(outputs: readonly tf.Tensor[]): tf.Scalar {
  const terms = outputs.map((output) =>
    tf.sum(tf.mul(output, tf.tensor(namedValues(`loss.${output.shape.at(-1)}`, output.shape), output.shape))),
  );
  return tf.addN(terms) as tf.Scalar;
}

/** Fails unless both agree within `tolerance` of the largest expected value. */
export function expectClose(got: ArrayLike<number>, expected: readonly number[], what: string, tolerance = 1e-4): void {
  expect(got.length, what).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 1e-3);
  const errors = expected.map((value, i) => Math.abs((got[i] as number) - value) / scale);
  expect(Math.max(...errors), `${what}: largest error relative to the largest value`).toBeLessThanOrEqual(tolerance);
}

/** Gradients may be 1e-4 off, or 4 times what PyTorch's float32 is off where the model is ill-conditioned. */
export const gradientTolerance = ({ torchFloat32Error }: GoldenRun): number => Math.max(1e-4, 4 * torchFloat32Error);

/** A tensor on the host. */
export interface HostTensor {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Compares a tensor with its stored summary: three projections and the norm, all relative to the norm. */
export function expectSummary(
  got: HostTensor,
  {
    name,
    summary,
    tolerance = 1e-4,
  }: { readonly name: string; readonly summary: readonly number[]; readonly tolerance?: number },
): void {
  const norm = summary[3] as number;
  const values = Float64Array.from({ length: got.values.length }, (_, i) => got.values[i] as number);
  const computed = [0, 1, 2].map((i) => {
    const direction = namedValues(`${name}.${i}`, got.shape);
    return values.reduce((sum, value, at) => sum + value * (direction[at] as number), 0);
  });
  computed.push(Math.hypot(...values));
  const errors = computed.map((value, i) => Math.abs(value - (summary[i] as number)) / Math.max(norm, 1e-3));
  expect(Math.max(...errors), `${name}: error relative to the norm ${norm}`).toBeLessThanOrEqual(tolerance);
}
