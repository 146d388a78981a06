// Activations and attention.
import * as tf from "@tensorflow/tfjs";
import { isNative, runFusedOne } from "./_native.ts";

/** Exact GELU, `x Φ(x)` with the Gaussian distribution function (Hendrycks & Gimpel 2016, no tanh approximation). */
export function gelu(x: tf.Tensor): tf.Tensor {
  return isNative() ? fusedGelu(x) : plainGelu(x);
}

const plainGelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

function fusedGelu(x: tf.Tensor): tf.Tensor {
  const op = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: runFusedOne("LejepaGelu", { x: input as tf.Tensor }),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => runFusedOne("LejepaGeluGrad", { dy, x: saved[0] as tf.Tensor }),
    };
  });
  return op(x);
}

/** Softmax over the last axis. */
export function softmax(x: tf.Tensor): tf.Tensor {
  if (!isNative()) return tf.softmax(x);
  const op = tf.customGrad((input, save) => {
    const y = tf.softmax(input as tf.Tensor);
    (save as tf.GradSaveFunc)([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        runFusedOne("LejepaSoftmaxGrad", { dy, y: saved[0] as tf.Tensor }),
    };
  });
  return op(x);
}

/**
 * Scaled dot-product attention, `softmax(scale q kᵀ) v`.
 *
 * @param q `[b, h, n, d]`, as `k` and `v`
 * @param options.scale default `1/sqrt(d)`; pass 1 when it is folded into the query projection
 */
export function attention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: { readonly scale?: number } = {},
): tf.Tensor {
  const scale = options.scale ?? 1 / Math.sqrt(q.shape.at(-1) ?? 1);
  const scaled = scale === 1 ? q : tf.mul(q, scale);
  return tf.matMul(softmax(tf.matMul(scaled, k, false, true)), v);
}
