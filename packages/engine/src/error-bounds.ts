// The precision policy as numbers: how far each device may be off. What is computed in which type: PRECISION.md.
import type { DeviceName } from "./engine.ts";
import type { HalfType } from "./graph/value.ts";

/** Largest errors in float32; what each is relative to is said with it. */
export interface ErrorBounds {
  /** One op, against tfjs's pure-JS backend: `|got - want| / (1 + |want|)`; where the op table says nothing else. */
  readonly op: number;
  /** Gradient of one op, against float64: relative to the largest element, or to 1. */
  readonly opGradient: number;
  /** SIGReg and the objective, against float64 goldens: relative. */
  readonly loss: number;
  /** Their gradients, against float64 goldens: relative to the largest element. */
  readonly lossGradient: number;
}

const float32: ErrorBounds = { op: 2e-5, opGradient: 2e-5, loss: 1e-5, lossGradient: 1e-4 };

/** By device. The tests hold every device to its line, on whatever computes there. */
export const errorBounds: Readonly<Record<Exclude<DeviceName, "reference">, ErrorBounds>> = {
  cpu: float32,
  // WGSL promises sine and cosine to 2^-11 only (absolute, inside [-pi, pi])
  webgpu: { ...float32, loss: 0.002, lossGradient: 0.002 },
  cuda: float32,
  tensorflow: float32,
};

/** Largest errors of mixed precision in 16 bits. */
export interface HalfBounds {
  /** A product or its gradient, against float32: relative to the result's largest element, or to 1. */
  readonly product: number;
  /** The loss of a training step, against float32: relative. */
  readonly loss: number;
  /** Its gradient, against float32: norm of the difference by the norm. */
  readonly gradient: number;
}

/** By type. The tests hold the graphs of cuda and webgpu to it on CPU kernels, which round operands and results alike. */
export const halfBounds: Readonly<Record<HalfType, HalfBounds>> = {
  float16: { product: 2e-3, loss: 3e-4, gradient: 0.15 },
  bfloat16: { product: 1.6e-2, loss: 3e-3, gradient: 0.2 },
};
