// What the univariate tests share: each column of x [samples, columns] is one sample against N(0, 1).
import { expectRank } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";

/** Columns in ascending order [samples, columns]; the gradient goes back through the permutation. */
export function sorted(where: string, x: tf.Tensor): tf.Tensor2D {
  expectRank(where, "x", x, 2, ["samples", "columns"]);
  const rows = tf.neg(tf.transpose(x));
  const { values } = tf.topk(rows, x.shape[0] as number, true);
  return tf.neg(tf.transpose(values)) as tf.Tensor2D;
}

/** 1 ... n as a column. */
export const ranks = (n: number): tf.Tensor => tf.reshape(tf.range(1, n + 1, 1, "float32"), [n, 1]);

/** The normal distribution function. */
export const cdf = (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

/** ln Φ(x), accurate in the lower tail as well: there by the continued fraction of Mills's ratio. */
export function logCdf(x: tf.Tensor): tf.Tensor {
  const inTail = tf.cast(tf.less(x, -2), "float32");
  const tail = tf.maximum(tf.neg(x), 2);
  let ratio: tf.Tensor = tail;
  for (let k = 16; k >= 1; k--) ratio = tf.add(tail, tf.div(k, ratio));
  const logTail = tf.sub(tf.mul(tf.square(tail), -0.5), tf.add(tf.log(ratio), 0.5 * Math.log(2 * Math.PI)));
  const body = tf.log(cdf(tf.maximum(x, -2)));
  return tf.add(tf.mul(inTail, logTail), tf.mul(tf.sub(1, inTail), body));
}
