// Dense layers. Weights are [out, in], as in PyTorch and timm.
import * as tf from "@tensorflow/tfjs";
import { isNative } from "./_native.ts";
import { float32 } from "./float32.ts";
import { layerNorm } from "./norm.ts";

/**
 * `x Wᵀ + b` over the last axis of `x`.
 *
 * @param x `[..., in]`
 * @param weight `[out, in]`
 * @param bias `[out]`
 * @returns `[..., out]`
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const [outDim = 0, inDim = 0] = weight.shape;
  const flat = x.rank === 2 ? x : tf.reshape(x, [-1, inDim]);
  const product = tf.matMul(flat as tf.Tensor2D, weight as tf.Tensor2D, false, true);
  const y = bias === undefined ? product : tf.add(product, bias);
  return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outDim]);
}

/** Parameters of a layer norm's affine part or of a dense layer. */
export interface Affine {
  readonly weight: tf.Tensor;
  readonly bias?: tf.Tensor | undefined;
}

/**
 * Layer norm with affine, then a dense layer: `((x̂ g + b) Wᵀ + c)` with `x̂ = layerNorm(x)`.
 *
 * The affine is folded into the dense layer, `x̂ (gW)ᵀ + (W b + c)`: passes over weights are cheap, passes over
 * activations are not.
 *
 * @param x `[..., d]`
 * @param norm weight and bias `[d]`
 * @param dense weight `[out, d]`, bias `[out]`
 */
export function layerNormLinear(
  x: tf.Tensor,
  norm: Affine,
  dense: Affine,
  options: { readonly epsilon?: number } = {},
): tf.Tensor {
  const normalised = layerNorm(x, options);
  if (!isNative()) {
    const scaled = tf.mul(normalised, norm.weight);
    return linear(norm.bias === undefined ? scaled : tf.add(scaled, norm.bias), dense.weight, dense.bias);
  }
  const folded = tf.mul(dense.weight, tf.reshape(norm.weight, [1, -1]));
  return linear(normalised, folded, foldedBias(norm.bias, dense));
}

function foldedBias(normBias: tf.Tensor | undefined, dense: Affine): tf.Tensor | undefined {
  if (normBias === undefined) return dense.bias;
  const product = float32(() => tf.matMul(dense.weight as tf.Tensor2D, tf.reshape(normBias, [-1, 1])));
  const shift = tf.reshape(product, [-1]);
  return dense.bias === undefined ? shift : tf.add(shift, dense.bias);
}
