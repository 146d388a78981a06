/**
 * Multivariate tests against N(0, I), nothing estimated: BHEP with its Henze-Zirkler bandwidth, and two tests through the
 * moment generating function, Henze-Visagie and the combined one of Henze, Jimenez-Gamero and Meintanis.
 * O(samples^2) time and memory. The last two grow like exp(|x|^2) and overflow float32 away from normality: diagnosis only.
 */
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";

/** Squared lengths [n, 1] and inner products [n, n] of the samples. */
function products(where: string, x: tf.Tensor): { n: number; dim: number; squares: tf.Tensor; inner: tf.Tensor } {
  expectRank(where, "x", x, 2, ["samples", "dim"]);
  const [n, dim] = x.shape as [number, number];
  return {
    n,
    dim,
    squares: tf.sum(tf.square(x), 1, true),
    inner: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true),
  };
}

/**
 * BHEP (Baringhaus, Henze, Epps, Pulley), over n:
 *
 *     T = 1/n^2 sum_{j,k} exp(-b^2/2 |x_j - x_k|^2) - 2 (1 + b^2)^{-d/2} 1/n sum_j exp(-b^2 |x_j|^2 / (2 (1 + b^2))) + (1 + 2 b^2)^{-d/2}
 *
 * with b = `beta`: the squared distance of the characteristic functions under a Gaussian weight of variance b^2. At least 0.
 *
 * @param x [samples, dim]
 * @returns scalar
 */
export function bhep(x: tf.Tensor, { beta = 0.1 }: { readonly beta?: number | undefined } = {}): tf.Scalar {
  const { dim, squares, inner } = products("bhep", x);
  const square = beta ** 2;
  const single = (1 + square) ** (-dim / 2);
  const distances = tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(inner, 2));
  // all exponentials less 1: for small beta the ones cancel, and with them all of float32's digits
  const pairs = tf.mean(tf.expm1(tf.mul(distances, -square / 2)));
  const alone = tf.mean(tf.expm1(tf.mul(squares, -square / (2 * (1 + square)))));
  const ones = 1 - 2 * single + (1 + 2 * square) ** (-dim / 2);
  return tf.add(tf.sub(pairs, tf.mul(alone, 2 * single)), ones) as tf.Scalar;
}

/**
 * Henze-Zirkler: `bhep` with beta = ((2 d + 1) n / 4)^{1 / (d + 4)} / sqrt 2. Meant for n >= 10 and d / n <= 0.1.
 *
 * @param x [samples, dim]
 * @returns scalar
 */
export function henzeZirkler(x: tf.Tensor): tf.Scalar {
  expectRank("henzeZirkler", "x", x, 2, ["samples", "dim"]);
  const [n, dim] = x.shape as [number, number];
  return bhep(x, { beta: (((2 * dim + 1) * n) / 4) ** (1 / (dim + 4)) / Math.SQRT2 });
}

/**
 * Henze-Visagie: how far the empirical moment generating function M is from solving grad M(t) = t M(t),
 *
 *     HV = 1/n sum_{j,k} exp(|s|^2 / (4 g)) ( x_j . x_k - |s|^2 / (2 g) + |s|^2 / (4 g^2) + d / (2 g) ),   s = x_j + x_k,
 *
 * which is n int |grad M - t M|^2 exp(-g |t|^2) dt without the factor (pi / g)^{d/2}. g = `gamma`.
 *
 * @param x [samples, dim]
 * @returns scalar; Infinity where float32 overflows
 */
export function henzeVisagie(x: tf.Tensor, { gamma = 5 }: { readonly gamma?: number | undefined } = {}): tf.Scalar {
  const { n, dim, squares, inner } = products("henzeVisagie", x);
  const sums = tf.add(tf.add(squares, tf.transpose(squares)), tf.mul(inner, 2)); // |x_j + x_k|^2
  const factor = tf.add(tf.add(inner, tf.mul(sums, (1 / gamma - 2) / (4 * gamma))), dim / (2 * gamma));
  return tf.mul(tf.mean(tf.mul(tf.exp(tf.mul(sums, 1 / (4 * gamma))), factor)), n) as tf.Scalar;
}

/**
 * Characteristic and moment generating function combined: for a normal sample their product R(t) M(t) is near 1,
 *
 *     COMB = sqrt n ( 1/n^2 sum_{j,k} exp((|x_j|^2 - |x_k|^2) / (4 g)) cos(x_j . x_k / (2 g)) - 1 ),
 *
 * which is sqrt n int (R M - 1) exp(-g |t|^2) dt without the factor (pi / g)^{d/2}. Signed: far from 0 either way is not normal.
 *
 * @param x [samples, dim]
 * @returns scalar; plus or minus Infinity where float32 overflows
 */
export function combinedMgf(x: tf.Tensor, { gamma = 5 }: { readonly gamma?: number | undefined } = {}): tf.Scalar {
  const { n, squares, inner } = products("combinedMgf", x);
  const scaled = tf.mul(squares, 1 / (4 * gamma));
  // the largest factors outside the sum, so that it overflows as a whole, with its sign, instead of to NaN
  const [top, bottom] = [tf.max(scaled), tf.min(scaled)];
  const rows = tf.exp(tf.sub(scaled, top));
  const columns = tf.exp(tf.sub(bottom, tf.transpose(scaled)));
  const sum = tf.mean(tf.mul(tf.mul(rows, columns), tf.cos(tf.mul(inner, 1 / (2 * gamma)))));
  return tf.mul(tf.sub(tf.mul(sum, tf.exp(tf.sub(top, bottom))), 1), Math.sqrt(n)) as tf.Scalar;
}
