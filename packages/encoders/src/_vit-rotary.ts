// Rotary positions of DINOv3: which angle each token has, and the turning of queries and keys by it. Constant tables: nothing
// here is learnt. Training-time shifts, jitter and rescaling of coordinates are left out.
import * as tf from "@tensorflow/tfjs";
import type { Grid } from "./position-embedding.ts";

/** Cosines and sines of every token, `[1, 1, n, headDim]`. */
export interface RotaryTables {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/**
 * Angles of patch centres (Simeoni et al. 2025; Su et al. 2021 along both axes): with the centre's coordinates y, x in
 * [-1, 1] and frequencies `base^(-4 j / headDim)`, j < headDim / 4, the first quarter of a head turns by `2 pi y f_j`, the
 * second by `2 pi x f_j`, and the second half again so. The first `prefix` tokens (class, registers) do not turn.
 */
export function rotaryTables(
  { dim, heads, rotaryBase }: { readonly dim: number; readonly heads: number; readonly rotaryBase: number },
  { grid: [gh, gw], prefix }: { readonly grid: Grid; readonly prefix: number },
): RotaryTables {
  const width = dim / heads;
  const quarter = width / 4;
  const count = prefix + gh * gw;
  const cos = new Float32Array(count * width).fill(1);
  const sin = new Float32Array(count * width);
  for (let token = prefix; token < count; token++) {
    const patch = token - prefix;
    const y = (2 * (Math.floor(patch / gw) + 0.5)) / gh - 1;
    const x = (2 * ((patch % gw) + 0.5)) / gw - 1;
    for (let j = 0; j < width; j++) {
      const within = j % (2 * quarter);
      const angle = 2 * Math.PI * (within < quarter ? y : x) * rotaryBase ** (-(within % quarter) / quarter);
      cos[token * width + j] = Math.cos(angle);
      sin[token * width + j] = Math.sin(angle);
    }
  }
  const shape = [1, 1, count, width];
  return { cos: tf.tensor(cos, shape), sin: tf.tensor(sin, shape) };
}

/** Queries or keys `[b, heads, n, headDim]`, turned: `x cos + (-x_2, x_1) sin` with the halves x_1, x_2 of a head. */
export function turn(x: tf.Tensor, { cos, sin }: RotaryTables): tf.Tensor {
  const [first, second] = tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(second), first], 3), sin));
}
