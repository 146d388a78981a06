/**
 * Tests on moments, each column against N(0, 1): extended Jarque-Bera, its mean-and-variance part, and weighted moments.
 * Their gradients grow without bound with an outlier (paper arXiv:2511.08544, theorem 3), so they diagnose.
 */
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";

interface CentralMoments {
  readonly n: number;
  readonly mean: tf.Tensor;
  /** With n - 1. */
  readonly variance: tf.Tensor;
  readonly centred: tf.Tensor;
}

function centralMoments(where: string, x: tf.Tensor): CentralMoments {
  expectRank(where, "x", x, 2, ["samples", "columns"]);
  const n = x.shape[0]!;
  const mean = tf.mean(x, 0, true);
  const centred = tf.sub(x, mean);
  return { n, mean: tf.squeeze(mean, [0]), variance: tf.div(tf.sum(tf.square(centred), 0), n - 1), centred };
}

function meanAndVariance({ n, mean, variance }: CentralMoments): tf.Tensor {
  const location = tf.mul(tf.div(tf.square(mean), variance), n);
  return tf.add(location, tf.mul(tf.square(tf.sub(variance, 1)), (n - 1) / 2));
}

/**
 * Mean and variance against 0 and 1 (VCReg): n mean^2 / s^2 + (n - 1) (s^2 - 1)^2 / 2; chi-square with 2 degrees of freedom.
 *
 * @param x [samples, columns], at least 2 samples
 * @returns [columns]
 */
export function varianceCovariance(x: tf.Tensor): tf.Tensor1D {
  return meanAndVariance(centralMoments("varianceCovariance", x)) as tf.Tensor1D;
}

/**
 * Extended Jarque-Bera: `varianceCovariance` + n/6 (skew^2 + (kurtosis - 3)^2 / 4); chi-square with 4 degrees of freedom.
 * Skewness and kurtosis are standardised by s (with n - 1).
 *
 * @param x [samples, columns], at least 2 samples
 * @returns [columns]
 */
export function extendedJarqueBera(x: tf.Tensor): tf.Tensor1D {
  const moments = centralMoments("extendedJarqueBera", x);
  const z = tf.div(moments.centred, tf.sqrt(moments.variance));
  const square = tf.square(z);
  const skew = tf.mean(tf.mul(square, z), 0);
  const excess = tf.sub(tf.mean(tf.square(square), 0), 3);
  const shape = tf.mul(tf.add(tf.square(skew), tf.mul(tf.square(excess), 0.25)), moments.n / 6);
  return tf.add(meanAndVariance(moments), shape) as tf.Tensor1D;
}

/**
 * Weighted raw moments: sum_{k=1}^{K} w_k |mean x^k - E g^k|, g standard normal, w_1 = 1 and w_k = exp(-k) above.
 *
 * @param x [samples, columns]
 * @param options `order`: K, 4 by default
 * @returns [columns]
 */
export function momentDistance(x: tf.Tensor, { order = 4 }: { readonly order?: number | undefined } = {}): tf.Tensor1D {
  expectRank("momentDistance", "x", x, 2, ["samples", "columns"]);
  let power: tf.Tensor = x;
  let total: tf.Tensor = tf.abs(tf.mean(x, 0));
  for (let k = 2; k <= order; k++) {
    power = tf.mul(power, x);
    total = tf.add(total, tf.mul(tf.abs(tf.sub(tf.mean(power, 0), normalMoment(k))), Math.exp(-k)));
  }
  return total as tf.Tensor1D;
}

/** E g^k = (k - 1)!! for even k, else 0. */
function normalMoment(k: number): number {
  if (k % 2 === 1) return 0;
  return k === 0 ? 1 : (k - 1) * normalMoment(k - 2);
}
