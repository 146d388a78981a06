// Tests of each column against N(0, 1), differentiable: x [samples, columns] to [columns]. For diagnosis; what is fit for
// training and why is in registry.ts. Not Epps-Pulley, which is SIGReg's own (sigreg.ts).
import jStat from "jstat";
import * as tf from "@tensorflow/tfjs";
import { cdf, logCdf, ranks, sorted } from "./_columns.ts";

/** Anderson-Darling (1952): A² = -n - mean (2i-1) [ln F(x_i) + ln(1 - F(x_{n+1-i}))] over sorted x. */
export function andersonDarling(x: tf.Tensor): tf.Tensor {
  const s = sorted("andersonDarling", x);
  const n = s.shape[0];
  const upper = tf.reverse(logCdf(tf.neg(s)), 0);
  const weights = tf.sub(tf.mul(ranks(n), 2), 1);
  return tf.sub(-n, tf.mean(tf.mul(weights, tf.add(logCdf(s), upper)), 0));
}

/** Cramer-von Mises: the mean squared gap between F(x_i) and (2i-1)/(2n). The classical statistic is n times this + 1/(12n). */
export function cramerVonMises(x: tf.Tensor): tf.Tensor {
  const s = sorted("cramerVonMises", x);
  const n = s.shape[0];
  return tf.mean(tf.square(tf.sub(cdf(s), tf.div(tf.sub(ranks(n), 0.5), n))), 0);
}

/** Watson (1961): Cramer-von Mises less (mean F - 1/2)²: blind to a shift on the circle. */
export function watson(x: tf.Tensor): tf.Tensor {
  return tf.sub(cramerVonMises(x), tf.square(tf.sub(tf.mean(cdf(x), 0), 0.5)));
}

/** Kolmogorov-Smirnov: the largest gap between the empirical distribution function and Φ. */
export function kolmogorovSmirnov(x: tf.Tensor): tf.Tensor {
  const s = sorted("kolmogorovSmirnov", x);
  const n = s.shape[0];
  const f = cdf(s);
  const above = tf.sub(tf.div(ranks(n), n), f);
  const below = tf.sub(f, tf.div(tf.sub(ranks(n), 1), n));
  return tf.max(tf.maximum(above, below), 0);
}

/** How expected order statistics and their covariance are approximated. */
export interface ShapiroWilkOptions {
  /** Plotting positions: Blom's (i - 3/8)/(n + 1/4), default, or Rahman's i/(n + 1). */
  readonly expectation?: "blom" | "rahman";
  /** Shapiro-Francia: identity, default; Rahman and Pearson's tridiagonal inverse. */
  readonly covariance?: "shapiro-francia" | "rahman";
}

/** Shapiro-Wilk as 1 - |cos| between sorted x and weights; 0 for a perfectly normal sample of any scale. */
export function shapiroWilk(
  x: tf.Tensor,
  { expectation = "blom", covariance = "shapiro-francia" }: ShapiroWilkOptions = {},
): tf.Tensor {
  const s = sorted("shapiroWilk", x);
  const n = s.shape[0];
  const weights = shapiroWeights(n, expectation, covariance);
  const w = tf.tensor2d(weights, [n, 1]);
  const along = tf.abs(tf.sum(tf.mul(s, w), 0));
  return tf.sub(1, tf.div(along, tf.sqrt(tf.sum(tf.square(s), 0))));
}

/** Unit weights of the sorted sample. */
function shapiroWeights(
  n: number,
  expectation: "blom" | "rahman",
  covariance: "shapiro-francia" | "rahman",
): Float32Array {
  const position = (i: number): number => (expectation === "blom" ? (i - 0.375) / (n + 0.25) : i / (n + 1));
  const m = Array.from({ length: n }, (_, i) => jStat.normal.inv(position(i + 1), 0, 1));
  const raw = covariance === "rahman" ? tridiagonal(m) : m;
  const norm = Math.hypot(...raw);
  return Float32Array.from(raw, (v) => v / norm);
}

/** m V⁻¹ with V⁻¹ ∝ tridiag(2 φ_i², -φ_i φ_{i+1}) (Rahman & Pearson 2000). */
function tridiagonal(m: readonly number[]): number[] {
  const density = m.map((v) => Math.exp((-v * v) / 2));
  const at = (values: readonly number[], i: number): number => values[i] ?? 0;
  return m.map((v, i) => {
    const p = at(density, i);
    const neighbours = at(m, i - 1) * at(density, i - 1) + at(m, i + 1) * at(density, i + 1);
    return p * (2 * p * v - neighbours);
  });
}

interface Moments {
  readonly n: number;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  readonly centred: tf.Tensor;
}

/** Mean and unbiased variance of each column. */
function moments(x: tf.Tensor): Moments {
  const n = x.shape[0] as number;
  const mean = tf.mean(x, 0, true);
  const centred = tf.sub(x, mean);
  const variance = tf.div(tf.sum(tf.square(centred), 0), n - 1);
  return { n, mean: tf.reshape(mean, [-1]), variance, centred };
}

const location = ({ n, mean, variance }: Moments): tf.Tensor =>
  tf.add(tf.div(tf.mul(tf.square(mean), n), variance), tf.mul(tf.square(tf.sub(variance, 1)), (n - 1) / 2));

/** Variance and mean against 1 and 0: n mean²/var + (n-1)(var-1)²/2, the first two terms of {@link extendedJarqueBera}. */
export const varianceCovariance = (x: tf.Tensor): tf.Tensor => location(moments(x));

/** Jarque-Bera extended to known mean and variance: + n/6 (skewness² + (kurtosis - 3)²/4); asymptotically χ²(4). */
export function extendedJarqueBera(x: tf.Tensor): tf.Tensor {
  const m = moments(x);
  const z = tf.div(m.centred, tf.sqrt(m.variance));
  const skewness = tf.mean(tf.pow(z, 3), 0);
  const excess = tf.sub(tf.mean(tf.pow(z, 4), 0), 3);
  const shape = tf.add(tf.square(skewness), tf.div(tf.square(excess), 4));
  return tf.add(location(m), tf.mul(shape, m.n / 6));
}
