/** The gray value of a view. */
import * as tf from "@tensorflow/tfjs";

// torchvision's luma weights (they sum to 0.9999)
const weights = [0.2989, 0.587, 0.114];

/** Luma of three channels; of any other number the mean of the channels. [c, n, size, size] to [1, n, size, size]. */
export function luma(x: tf.Tensor4D): tf.Tensor {
  const [channels, count, height, width] = x.shape;
  if (channels === 1) return x;
  if (channels !== 3) return tf.mean(x, 0, true);
  const weighted = tf.matMul(tf.tensor2d(weights, [1, 3]), tf.reshape(x, [3, count * height * width]));
  return tf.reshape(weighted, [1, count, height, width]);
}
