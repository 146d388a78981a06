/**
 * Tests on spacings and order statistics, each column: Vasicek's entropy and the likelihood of the order statistics.
 * For diagnosis: the first has a gradient of 1 / spacing, without bound where samples come together; the second one that
 * grows with an outlier.
 */
import { expectRank, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { logDensity, logNormalCdf, type NormalTails } from "./normal.ts";
import { sortedColumns } from "./sort.ts";

/** Options of `vasicekEntropy`. */
export interface VasicekOptions {
  /** Half width of a spacing in ranks [m]; 1 by default. */
  readonly width?: number | undefined;
  /** Spacings count as at least this; 1e-5 by default. */
  readonly epsilon?: number | undefined;
  /**
   * Spacings at the two ends, x_(i+m) - x_(1) and x_(n) - x_(j-m). `vasicek` (default): for i <= m and j > n - m, n spacings in
   * all; `doubled`: one rank further, so that two spacings count twice, as a published implementation has it.
   */
  readonly ends?: "vasicek" | "doubled" | undefined;
}

/**
 * Vasicek's entropy estimate as a ratio: the entropy power of N(mean, s^2) over the estimated one,
 *
 *     V = sqrt(2 pi e) s / exp(H),   H = 1/n sum_i log( n / (2m) (x_(i+m) - x_(i-m)) ) .
 *
 * Near 1 for a normal column (above it at small n), larger otherwise; blind to location and scale.
 *
 * @param x [samples, columns], more than 2 m samples
 * @returns [columns]
 */
export function vasicekEntropy(x: tf.Tensor, options: VasicekOptions = {}): tf.Tensor1D {
  const { width: m = 1, epsilon = 1e-5, ends = "vasicek" } = options;
  expectRank("vasicekEntropy", "x", x, 2, ["samples", "columns"]);
  const sorted = sortedColumns(x);
  const n = sorted.shape[1];
  if (n <= 2 * m) {
    throw new LejepaError({
      code: "E_SHAPE",
      where: "vasicekEntropy",
      expected: `more than ${2 * m} samples`,
      got: String(n),
    });
  }
  const part = (from: number, count: number): tf.Tensor => tf.slice(sorted, [0, from], [-1, count]);
  const count = ends === "doubled" ? m + 1 : m;
  const left = tf.sub(part(m, count), part(0, 1));
  const inside = tf.sub(part(2 * m, n - 2 * m), part(0, n - 2 * m));
  const right = tf.sub(part(n - 1, 1), part(n - m - count, count));
  const spacings = tf.maximum(tf.concat([left, inside, right], 1), epsilon);
  const entropy = tf.add(tf.div(tf.sum(tf.log(spacings), 1), n), Math.log(n / (2 * m)));
  const centred = tf.sub(sorted, tf.mean(sorted, 1, true));
  const logDeviation = tf.mul(tf.log(tf.div(tf.sum(tf.square(centred), 1), n - 1)), 0.5);
  return tf.exp(tf.add(tf.sub(logDeviation, entropy), Math.log(2 * Math.PI * Math.E) / 2)) as tf.Tensor1D;
}

/** Options of `orderStatisticNll`. */
export interface OrderStatisticOptions {
  /** See `logNormalCdf`. */
  readonly tails?: NormalTails | undefined;
}

/**
 * Negative log-likelihood of each order statistic of a column under N(0, 1):
 *
 *     -log f_(i)(x_(i)) = -log( n! / ((i-1)! (n-i)!) ) - (i - 1) log Phi - (n - i) log(1 - Phi) - log phi   at x_(i).
 *
 * @param x [samples, columns]
 * @returns [samples, columns], rank i in row i - 1
 */
export function orderStatisticNll(x: tf.Tensor, { tails = "exact" }: OrderStatisticOptions = {}): tf.Tensor2D {
  expectRank("orderStatisticNll", "x", x, 2, ["samples", "columns"]);
  const sorted = tf.transpose(sortedColumns(x));
  const n = sorted.shape[0]!;
  const column = (value: (i: number) => number): tf.Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: n }, (_, i) => value(i + 1)),
      [n, 1],
    );
  const logCounts = logArrangements(n);
  const below = tf.mul(
    logNormalCdf(sorted, tails),
    column((i) => i - 1),
  );
  const above = tf.mul(
    logNormalCdf(tf.neg(sorted), tails),
    column((i) => n - i),
  );
  const density = tf.add(
    logDensity(sorted),
    column((i) => logCounts[i - 1]!),
  );
  return tf.neg(tf.add(tf.add(below, above), density)) as tf.Tensor2D;
}

/** log( n! / ((i-1)! (n-i)!) ) for i = 1 .. n: the first is log n, each next follows by (n - i) / i. */
function logArrangements(n: number): number[] {
  const values = [Math.log(n)];
  for (let i = 1; i < n; i++) values.push(values[i - 1]! + Math.log((n - i) / i));
  return values;
}
