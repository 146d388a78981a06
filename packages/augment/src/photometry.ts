/** Normalisation of views. */
import * as tf from "@tensorflow/tfjs";

/** (x - mean) / std for each channel. */
export function standardise(x: tf.Tensor4D, mean: readonly number[], std: readonly number[]): tf.Tensor4D {
  const shape = [mean.length, 1, 1, 1];
  const scale = std.map((value) => 1 / value);
  const shift = mean.map((value, channel) => -value * (scale[channel] as number));
  return tf.add(tf.mul(x, tf.tensor(scale, shape)), tf.tensor(shift, shape)) as tf.Tensor4D;
}
