// Tests of a whole sample against N(0, I): x [samples, dim] to a scalar. O(samples²) memory: for diagnosis.
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";

/**
 * Baringhaus-Henze-Epps-Pulley: the squared distance between the characteristic functions under a Gaussian weight,
 *
 *     mean_jk exp(-b²/2 |x_j - x_k|²) - 2 (1+b²)^(-d/2) mean_j exp(-b²/(2(1+b²)) |x_j|²) + (1+2b²)^(-d/2)
 *
 * In float32 the three terms cancel for small b: from b = 0.1 on three digits are left.
 */
export function bhep(x: tf.Tensor, { beta = 1 }: { readonly beta?: number } = {}): tf.Tensor {
  expectRank("bhep", "x", x, 2, ["samples", "dim"]);
  const dim = x.shape[1] as number;
  const square = beta * beta;
  const norms = tf.sum(tf.square(x), 1, true);
  const products = tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true);
  const distances = tf.sub(tf.add(norms, tf.transpose(norms)), tf.mul(products, 2));
  const pairs = tf.mean(tf.exp(tf.mul(distances, -square / 2)));
  const single = tf.mean(tf.exp(tf.mul(norms, -square / (2 * (1 + square)))));
  const constant = (1 + 2 * square) ** (-dim / 2);
  return tf.add(tf.sub(pairs, tf.mul(single, 2 * (1 + square) ** (-dim / 2))), constant);
}

/** Henze-Zirkler (1990): {@link bhep} at b = ((2d+1) n / 4)^(1/(d+4)) / √2, the optimal bandwidth. */
export function henzeZirkler(x: tf.Tensor): tf.Tensor {
  expectRank("henzeZirkler", "x", x, 2, ["samples", "dim"]);
  const [n = 0, dim = 0] = x.shape;
  return bhep(x, { beta: Math.SQRT1_2 * (((2 * dim + 1) * n) / 4) ** (1 / (dim + 4)) });
}
