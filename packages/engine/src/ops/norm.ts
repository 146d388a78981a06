// Normalisations without affine (layer norm) and with (batch norm), gradients in closed form on the onnx backend.
import * as tf from "@tensorflow/tfjs";
import { isNative, runFused, runFusedOne } from "./_native.ts";

/**
 * Layer norm over the last axis, no affine: `(x - mean) / sqrt(var + epsilon)` with the biased variance.
 *
 * @param x `[..., d]`
 */
export function layerNorm(x: tf.Tensor, { epsilon = 1e-6 }: { readonly epsilon?: number } = {}): tf.Tensor {
  return isNative() ? fusedLayerNorm(x, epsilon) : plainLayerNorm(x, epsilon);
}

function plainLayerNorm(x: tf.Tensor, epsilon: number): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)));
}

function fusedLayerNorm(x: tf.Tensor, epsilon: number): tf.Tensor {
  const op = tf.customGrad((input, save) => {
    const [y, inverseStd] = runFused("LejepaLayerNorm", { x: input as tf.Tensor }, { epsilon }) as [tf.Tensor, tf.Tensor];
    (save as tf.GradSaveFunc)([y, inverseStd]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      runFusedOne("LejepaLayerNormGrad", { dy, y: saved[0] as tf.Tensor, inverseStd: saved[1] as tf.Tensor });
    return { value: y, gradFunc };
  });
  return op(x);
}

/** Result of {@link batchNorm}: output, and the batch statistics `[c]` (variance biased, as used in the output). */
export interface BatchNormResult {
  readonly y: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/**
 * Batch norm with batch statistics over every axis but the channel axis 1; the gradient flows through them.
 * `mean` and `variance` are constants to the gradient (they feed running statistics).
 *
 * @param x `[n, c]` or `[n, c, h, w]`
 * @param weight `[c]`
 * @param bias `[c]`
 */
export function batchNorm(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  { epsilon = 1e-5 }: { readonly epsilon?: number } = {},
): BatchNormResult {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const mean = tf.mean(x, axes, true);
  const variance = batchVariance(x, mean, axes);
  const y = isNative()
    ? fusedBatchNorm(x, weight, bias, axes, epsilon)
    : plainBatchNorm(x, weight, bias, mean, variance, epsilon);
  return { y, mean: tf.reshape(mean, [-1]), variance: tf.reshape(variance, [-1]) };
}

const batchVariance = (x: tf.Tensor, mean: tf.Tensor, axes: number[]): tf.Tensor =>
  isNative()
    ? tf.relu(tf.sub(tf.mean(tf.square(x), axes, true), tf.square(mean)))
    : tf.mean(tf.square(tf.sub(x, mean)), axes, true);

function plainBatchNorm(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  const scale = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), tf.reshape(weight, mean.shape));
  return tf.add(tf.mul(tf.sub(x, mean), scale), tf.reshape(bias, mean.shape));
}

// y = x a + c with a = g / std, c = b - mean a; gradient in three passes over the activations
function fusedBatchNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, axes: number[], epsilon: number): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const [input, g, b, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const mean = tf.mean(input, axes, true);
    const inverseStd = tf.rsqrt(tf.add(batchVariance(input, mean, axes), epsilon));
    const scale = tf.mul(inverseStd, tf.reshape(g, mean.shape));
    save([input, mean, inverseStd, scale]);
    const shift = tf.sub(tf.reshape(b, mean.shape), tf.mul(mean, scale));
    return {
      value: tf.add(tf.mul(input, scale), shift),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => batchNormGradient(dy, saved as BatchNormSaved, axes),
    };
  });
  return op(x, weight, bias);
}

type BatchNormSaved = [x: tf.Tensor, mean: tf.Tensor, inverseStd: tf.Tensor, scale: tf.Tensor];

function batchNormGradient(dy: tf.Tensor, [x, mean, inverseStd, scale]: BatchNormSaved, axes: number[]): tf.Tensor[] {
  const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  const dBias = tf.sum(dy, axes, true);
  const dWeight = tf.mul(tf.sub(tf.sum(tf.mul(dy, x), axes, true), tf.mul(mean, dBias)), inverseStd);
  // dx = scale (dy - dBias/n - x̂ dWeight/n), regrouped as dy*scale + x*slope + offset
  const slope = tf.mul(tf.mul(scale, tf.mul(inverseStd, dWeight)), -1 / count);
  const offset = tf.neg(tf.add(tf.mul(slope, mean), tf.mul(tf.mul(scale, dBias), 1 / count)));
  const dx = tf.add(tf.add(tf.mul(dy, scale), tf.mul(x, slope)), offset);
  return [dx, tf.reshape(dWeight, [-1]), tf.reshape(dBias, [-1])];
}
