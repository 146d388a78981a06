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
    const [y, inverseStd] = runFused("LejepaLayerNorm", { x: input as tf.Tensor }, { epsilon }) as [
      tf.Tensor,
      tf.Tensor,
    ];
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
  if (isNative()) return fusedBatchNorm(x, weight, bias, epsilon);
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const mean = tf.mean(x, axes, true);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes, true);
  const y = plainBatchNorm(x, weight, bias, mean, variance, epsilon);
  return { y, mean: tf.reshape(mean, [-1]), variance: tf.reshape(variance, [-1]) };
}

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

/** `Σ x` over all axes but 1, extents kept. */
const channelSum = (x: tf.Tensor): tf.Tensor => runFusedOne("LejepaChannelSum", { x });

/** `Σ x y` over all axes but 1, extents kept. */
const channelDot = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => runFusedOne("LejepaChannelDot", { x, y });

/** Elements of each channel. */
const channelSize = (x: tf.Tensor): number => x.size / (x.shape[1] as number);

function batchStatistics(x: tf.Tensor): { readonly mean: tf.Tensor; readonly variance: tf.Tensor } {
  const count = channelSize(x);
  const mean = tf.div(channelSum(x), count);
  // one pass over x; the difference may fall below zero by rounding
  return { mean, variance: tf.relu(tf.sub(tf.div(channelDot(x, x), count), tf.square(mean))) };
}

// y = x a + c with a = g / std, c = b - mean a; gradient in three passes over the activations
function fusedBatchNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: number): BatchNormResult {
  const op = tf.customGrad((...args) => {
    const [input, g, b, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { mean, variance } = batchStatistics(input);
    const inverseStd = tf.rsqrt(tf.add(variance, epsilon));
    const scale = tf.mul(inverseStd, tf.reshape(g, mean.shape));
    save([input, mean, inverseStd, scale]);
    const shift = tf.sub(tf.reshape(b, mean.shape), tf.mul(mean, scale));
    return {
      value: runFusedOne("LejepaChannelAffine", { x: input, scale, shift }),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => batchNormGradient(dy, saved as BatchNormSaved),
    };
  });
  const y = op(x, weight, bias);
  // the same nodes as inside the op, which the graph shares; here they are constants to the gradient
  const { mean, variance } = batchStatistics(x);
  return { y, mean: tf.reshape(mean, [-1]), variance: tf.reshape(variance, [-1]) };
}

type BatchNormSaved = [x: tf.Tensor, mean: tf.Tensor, inverseStd: tf.Tensor, scale: tf.Tensor];

function batchNormGradient(dy: tf.Tensor, [x, mean, inverseStd, scale]: BatchNormSaved): tf.Tensor[] {
  const count = channelSize(x);
  const dBias = channelSum(dy);
  const dWeight = tf.mul(tf.sub(channelDot(dy, x), tf.mul(mean, dBias)), inverseStd);
  // dx = scale (dy - dBias/n - x̂ dWeight/n), regrouped as dy*scale + x*slope + shift
  const slope = tf.mul(tf.mul(scale, tf.mul(inverseStd, dWeight)), -1 / count);
  const shift = tf.neg(tf.add(tf.mul(slope, mean), tf.mul(tf.mul(scale, dBias), 1 / count)));
  const dx = runFusedOne("LejepaChannelAffine", { x: dy, scale, shift, x2: x, scale2: slope });
  return [dx, tf.reshape(dWeight, [-1]), tf.reshape(dBias, [-1])];
}
