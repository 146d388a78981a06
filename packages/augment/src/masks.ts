/** Images with invalid pixels: their share of what neighbours are mixed into, without weight. Not the drawing of crops (valid-share.ts). */
import * as tf from "@tensorflow/tfjs";
import type { Range } from "./spec.ts";

/**
 * Planes [c, b, h, w] times their mask [1, b, h, w], and the mask as one more plane, scaled as white is: whatever linear resampling makes
 * of them, `unweigh` divides one by the other.
 */
export function weigh(planes: tf.Tensor4D, mask: tf.Tensor4D, [black, white]: Range): tf.Tensor4D {
  return tf.concat([tf.mul(planes, mask), tf.mul(mask, white - black)], 0) as tf.Tensor4D;
}

/** Pixels without invalid ones' part, and where there are any. */
export interface Unweighed {
  /** [c, n, h, w]; the mean of its channel where most of a pixel is invalid. */
  readonly planes: tf.Tensor4D;
  /** [1, n, h, w], 1 where at least half of a pixel is valid, else 0. */
  readonly valid: tf.Tensor4D;
}

/** Undoes {@link weigh} after resampling to the scale where white is 1: [c + 1, n, h, w]. */
export function unweigh(weighed: tf.Tensor4D, mean: readonly number[]): Unweighed {
  const channels = mean.length;
  const [sums, share] = tf.split(weighed, [channels, 1], 0) as [tf.Tensor4D, tf.Tensor4D];
  const valid = tf.cast(tf.greater(share, 0.5), "float32") as tf.Tensor4D;
  const means = tf.tensor(mean as number[], [channels, 1, 1, 1]);
  const seen = tf.mul(tf.div(sums, tf.maximum(share, 1e-6)), valid);
  return { planes: tf.add(seen, tf.mul(tf.sub(1, valid), means)) as tf.Tensor4D, valid };
}
