/**
 * Shapiro-Wilk type statistics: how far the sorted samples are from being proportional to expected normal order
 * statistics. Against N(0, s^2) with mean 0 (samples are not centred): sees location and shape, not scale.
 * Not Royston's W with its p-values.
 */
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import jStat from "jstat";
import { sortedColumns } from "./sort.ts";

/**
 * Plotting positions p_i whose quantiles stand for the expected order statistics:
 * `elfving` (i - pi/8) / (n + 1/4), as a published implementation has it; `elfving-symmetric` (i - pi/8) / (n + 1 - pi/4), Elfving's;
 * `blom` (i - 3/8) / (n + 1/4); `rahman` i / (n + 1).
 */
export type OrderExpectation = "elfving" | "elfving-symmetric" | "blom" | "rahman";

/** Options of `shapiroWilk`. */
export interface ShapiroWilkOptions {
  readonly expectation?: OrderExpectation | undefined;
  /**
   * Covariance of the order statistics: `shapiro_francia` ignores it (a = m); `rahman` (Rahman and Govindarajulu 1997) uses
   * the tridiagonal inverse 2 phi_i^2 on and -phi_i phi_{i+1} beside the diagonal, phi_i = phi(m_i).
   */
  readonly covariance?: "shapiro_francia" | "rahman" | undefined;
}

const position: Readonly<Record<OrderExpectation, (i: number, n: number) => number>> = {
  elfving: (i, n) => (i - Math.PI / 8) / (n + 1 / 4),
  "elfving-symmetric": (i, n) => (i - Math.PI / 8) / (n + 1 - Math.PI / 4),
  blom: (i, n) => (i - 3 / 8) / (n + 1 / 4),
  rahman: (i, n) => i / (n + 1),
};

/**
 * Expected order statistics of n samples of N(0, 1), ascending: Phi^{-1}(p_i) at the plotting positions. The x axis of a QQ
 * plot.
 */
export function normalOrderStatistics(n: number, expectation: OrderExpectation = "blom"): number[] {
  return Array.from({ length: n }, (_, i) => jStat.normal.inv(position[expectation](i + 1, n), 0, 1));
}

/**
 * S = 1 - |a . x_()| / (|a| |x|), with a = V^{-1} m, m_i = Phi^{-1}(p_i), V the covariance of the order statistics.
 * 0 for samples proportional to a, at most 1.
 *
 * @param x [samples, columns]
 * @returns [columns]
 */
export function shapiroWilk(x: tf.Tensor, options: ShapiroWilkOptions = {}): tf.Tensor1D {
  expectRank("shapiroWilk", "x", x, 2, ["samples", "columns"]);
  const sorted = sortedColumns(x);
  const weights = shapiroWilkWeights(sorted.shape[1], options);
  const dot = tf.sum(tf.mul(sorted, tf.tensor2d(weights, [1, weights.length])), 1);
  return tf.sub(1, tf.div(tf.abs(dot), tf.sqrt(tf.sum(tf.square(sorted), 1)))) as tf.Tensor1D;
}

/** a / |a| for n samples. */
function shapiroWilkWeights(
  n: number,
  { expectation = "elfving", covariance = "shapiro_francia" }: ShapiroWilkOptions,
): number[] {
  const m = normalOrderStatistics(n, expectation);
  const a = covariance === "rahman" ? throughInverseCovariance(m) : m;
  const length = Math.hypot(...a);
  return a.map((value) => value / length);
}

function throughInverseCovariance(m: readonly number[]): number[] {
  const phi = m.map((value) => Math.exp(-(value ** 2) / 2));
  const beside = (i: number, j: number): number => (j in phi ? phi[i]! * phi[j]! * m[j]! : 0);
  return m.map((value, i) => 2 * phi[i]! ** 2 * value - beside(i, i - 1) - beside(i, i + 1));
}
