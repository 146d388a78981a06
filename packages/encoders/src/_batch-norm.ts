// Batch norm behind a convolution or a dense layer, with PyTorch's running statistics. In evaluation the norm is an
// affine map and folds into the weights before it. Not synchronised over ranks (as PyTorch's default).
import { LejepaError } from "@lejepa/contracts";
import { batchNorm, type ConvOptions, conv2d, linear } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { layer, normParams, ones, param, zeros } from "./_params.ts";
import type { ForwardContext, InitSpec, Params, ParamSpec } from "./contract.ts";

const momentum = 0.1;
const epsilon = 1e-5;

/** Weight, bias and running statistics `[dim]`. PyTorch's `num_batches_tracked` has no use at a fixed momentum. */
export function batchNormParams(name: string, dim: number, weight: InitSpec = ones): ParamSpec[] {
  const buffer = (suffix: string, init: InitSpec): ParamSpec => ({
    name: `${name}.${suffix}`,
    shape: [dim],
    init,
    kind: "buffer",
    decay: false,
  });
  return [...normParams(name, dim, weight), buffer("running_mean", zeros), buffer("running_var", ones)];
}

/** What the layers below need: names of the two layers, the input and the pass. */
export interface NormedCall {
  readonly params: Params;
  readonly context: ForwardContext;
  /** Name of the convolution or dense layer (its `weight`; it has no bias: the norm would remove it). */
  readonly dense: string;
  readonly norm: string;
}

/** Batch norm of a convolution, `[n, c, h, w]` to `[n, o, h', w']`. */
export function convNorm(x: tf.Tensor, call: NormedCall, options: ConvOptions): tf.Tensor {
  const weight = param(call.params, `${call.dense}.weight`);
  if (call.context.training) return trainingNorm(conv2d(x, weight, options), call);
  const { scale, shift } = runningAffine(call);
  const scaled = tf.mul(weight, tf.reshape(scale, [-1, 1, 1, 1]));
  return tf.add(conv2d(x, scaled, options), tf.reshape(shift, [1, -1, 1, 1]));
}

/** Batch norm of a dense layer, `[n, in]` to `[n, out]`. */
export function linearNorm(x: tf.Tensor, call: NormedCall): tf.Tensor {
  const weight = param(call.params, `${call.dense}.weight`);
  if (call.context.training) return trainingNorm(linear(x, weight), call);
  const { scale, shift } = runningAffine(call);
  return linear(x, tf.mul(weight, tf.reshape(scale, [-1, 1])), shift);
}

function trainingNorm(x: tf.Tensor, { params, norm, context }: NormedCall): tf.Tensor {
  const count = x.size / (x.shape[1] as number);
  if (count < 2) throw tooFew(norm, x);
  const { weight, bias } = layer(params, norm);
  const { y, mean, variance } = batchNorm(x, weight, bias, { epsilon });
  if (context.updates !== undefined) {
    track(context.updates, params, `${norm}.running_mean`, mean);
    // PyTorch normalises by the biased variance but remembers the unbiased one
    track(context.updates, params, `${norm}.running_var`, tf.mul(variance, count / (count - 1)));
  }
  return y;
}

const tooFew = (norm: string, x: tf.Tensor): LejepaError =>
  new LejepaError({
    code: "E_SHAPE",
    where: norm,
    expected: "more than one value per channel in training",
    got: `[${x.shape.join(", ")}]`,
    hint: "Use a larger batch or larger images.",
  });

function track(updates: Map<string, tf.Tensor>, params: Params, name: string, batchValue: tf.Tensor): void {
  const before = updates.get(name);
  const current = before ?? param(params, name);
  const next = tf.keep(tf.add(tf.mul(current, 1 - momentum), tf.mul(batchValue, momentum)));
  before?.dispose();
  updates.set(name, next);
}

function runningAffine({ params, norm }: NormedCall): { readonly scale: tf.Tensor; readonly shift: tf.Tensor } {
  const { weight, bias } = layer(params, norm);
  const scale = tf.mul(weight, tf.rsqrt(tf.add(param(params, `${norm}.running_var`), epsilon)));
  return { scale, shift: tf.sub(bias, tf.mul(param(params, `${norm}.running_mean`), scale)) };
}
