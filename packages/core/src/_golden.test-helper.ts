// Fixtures and comparisons for the tests; not shipped.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";

/** Largest error over the largest magnitude: the tolerance of a float32 result against a float64 reference. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  let error = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!);
    if (!(difference <= error)) error = difference; // NaN gets through
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return scale === 0 ? error : error / scale;
}

/** Reads a JSON fixture of this package. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8")) as T;
}

/** tfjs's own pure-JS backend: the oracle. */
export async function useReference(): Promise<void> {
  await tf.setBackend("cpu");
  tf.enableProdMode();
}

/** Numbers of a tensor. */
export const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

/** Options of the float64 reference. */
export interface ReferenceOptions {
  readonly quadrature: "half-line" | "full-line";
  readonly knots: number;
  readonly tMax: number;
}

/**
 * The Epps-Pulley statistic of one column and its gradient, in float64, straight from the definition: every knot of
 * the line, no folding.
 */
export function eppsPulleyReference(
  x: ArrayLike<number>,
  { quadrature, knots, tMax }: ReferenceOptions,
): { value: number; grad: number[] } {
  const half = quadrature === "half-line";
  const from = half ? 0 : -tMax;
  const dt = (tMax - from) / (knots - 1);
  const samples = Array.from(x);
  const grad = samples.map(() => 0);
  let value = 0;
  for (let k = 0; k < knots; k++) {
    const t = from + k * dt;
    const phi = Math.exp((-t * t) / 2);
    const end = k === 0 || k === knots - 1;
    const weight = (half ? 2 : 1) * (end ? dt / 2 : dt) * phi;
    const real = mean(samples.map((v) => Math.cos(t * v))) - phi;
    const imaginary = mean(samples.map((v) => Math.sin(t * v)));
    value += samples.length * weight * (real ** 2 + imaginary ** 2);
    samples.forEach((v, n) => (grad[n]! += 2 * weight * t * (imaginary * Math.cos(t * v) - real * Math.sin(t * v))));
  }
  return { value, grad };
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** The fixture `sigreg`. */
export interface SigregGolden {
  readonly cases: readonly {
    readonly name: string;
    readonly shape: { readonly views: number; readonly samples: number; readonly dim: number; readonly slices: number };
    readonly quadrature: { readonly kind: "half-line" | "full-line"; readonly tMax: number; readonly knots: number };
    readonly embeddings: number[];
    readonly directions: number[];
    readonly statisticPerViewPerSlice: number[];
    readonly loss: number;
    readonly gradEmbeddings: number[];
  }[];
}

/** The fixture `objective`. */
export interface ObjectiveGolden {
  readonly embeddings: number[];
  readonly directions: number[];
  readonly shape: SigregGolden["cases"][number]["shape"];
  readonly quadrature: { readonly kind: "half-line"; readonly tMax: number; readonly knots: number };
  readonly cases: readonly {
    readonly lambda_: number;
    readonly centreViews: number;
    readonly loss: number;
    readonly invariance: number;
    readonly sigreg: number;
    readonly gradEmbeddings: number[];
  }[];
}
