// AdamW over one flat vector, as part of a traced step (Loshchilov & Hutter 2019, algorithm 2, in PyTorch's form).
// Not a schedule: the learning rate comes in with each step's hyper-parameters.
import * as tf from "@tensorflow/tfjs";

/** What AdamW keeps the same during a run. */
export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Largest norm of the gradient; `null`: not clipped. */
  readonly clipGradNorm: number | null;
  /** The first elements are decayed, the others (biases, norms) are not. */
  readonly decayLength: number;
}

/** Flat vectors of one length: parameters, first and second moment. */
export interface AdamWState {
  readonly theta: tf.Tensor;
  readonly m: tf.Tensor;
  readonly v: tf.Tensor;
}

/** Elements of the vector that {@link adamWHyper} makes. */
export const hyperLength = 3;

/**
 * Hyper-parameters of one step, computed in double precision on the host:
 * `[1 - lr wd, lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t)]` with t = step + 1.
 *
 * @param step steps done before this one, 0, 1, ...
 */
export function adamWHyper(
  step: number,
  {
    learningRate,
    weightDecay,
    betas,
  }: { readonly learningRate: number; readonly weightDecay: number; readonly betas: readonly [number, number] },
): Float32Array {
  const bias1 = 1 - betas[0] ** (step + 1);
  const bias2 = 1 - betas[1] ** (step + 1);
  return Float32Array.of(1 - learningRate * weightDecay, learningRate / bias1, 1 / Math.sqrt(bias2));
}

/**
 * One step of AdamW with decoupled decay, bias correction and optional clipping of the gradient's norm:
 *
 *     g' = g min(1, clip / |g|),   m' = b1 m + (1 - b1) g',   v' = b2 v + (1 - b2) g'^2
 *     theta' = theta (1 - lr wd) - lr / (1 - b1^t) m' / (sqrt(v' / (1 - b2^t)) + eps)
 *
 * Equal to `torch.optim.AdamW` after `clip_grad_norm_`; the decay applies to the first `decayLength` elements.
 *
 * @param hyper see {@link adamWHyper}
 * @returns the new state, and the norm of the gradient before clipping
 */
export function adamW(
  { theta, m, v }: AdamWState,
  gradient: tf.Tensor,
  { hyper, ...options }: AdamWOptions & { readonly hyper: tf.Tensor },
): AdamWState & { readonly gradNorm: tf.Tensor } {
  const [beta1, beta2] = options.betas;
  const [decay, stepSize, inverseRootBias] = tf.split(hyper, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const gradNorm = tf.sqrt(tf.sum(tf.square(gradient)));
  const g = options.clipGradNorm === null ? gradient : tf.mul(gradient, clipFactor(gradNorm, options.clipGradNorm));
  const newM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
  const newV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
  const root = tf.add(tf.mul(tf.sqrt(newV), inverseRootBias), options.epsilon);
  const update = tf.mul(tf.div(newM, root), stepSize);
  return { theta: tf.sub(decayed(theta, decay, options.decayLength), update), m: newM, v: newV, gradNorm };
}

// PyTorch adds 1e-6 so that a gradient of zero stays zero
function clipFactor(norm: tf.Tensor, limit: number): tf.Tensor {
  return tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1);
}

// no stored mask: decayed tensors come first in the vector
function decayed(theta: tf.Tensor, decay: tf.Tensor, decayLength: number): tf.Tensor {
  const rest = theta.size - decayLength;
  if (decayLength === 0) return theta;
  if (rest === 0) return tf.mul(theta, decay);
  const [first, last] = tf.split(theta, [decayLength, rest]) as [tf.Tensor1D, tf.Tensor1D];
  return tf.concat1d([tf.mul(first, decay) as tf.Tensor1D, last]);
}
