/**
 * torchvision's GaussianBlur with one standard deviation a view: two products with a banded matrix, reflected at the border
 * (without repeating the edge). Taps exp(-t^2 / 2 sigma^2), normalised; the kernel reaches three of the largest standard deviations to
 * each side, or as far as the view allows.
 */
import * as tf from "@tensorflow/tfjs";
import { numberOf, type Operation, short } from "../operation.ts";

export const gaussianBlur: Operation<"gaussianBlur"> = {
  name: "gaussianBlur",
  fields: () => ({ sigma: { rows: 1, idle: 0 } }),
  draw: (random, { sigma: [from, to] }) => ({ sigma: random.uniform(from, to) }),
  apply: (x, fields, { sigma }, { size }) => blur(x, { across: fields.flat("sigma") }, radiusFor(sigma[1], size)),
  words: (drawn) => `blur ${short(numberOf(drawn, "sigma"))} px`,
};

/** Taps to each side of the middle one. The border is reflected, so a kernel reaches at most size - 1 pixels. */
export function radiusFor(sigma: number, size: number): number {
  return Math.min(Math.max(1, Math.ceil(3 * sigma)), size - 1);
}

/** Standard deviations [n] along rows and along columns, pixels; one for both where `down` is left out. */
export interface BlurWidths {
  readonly across: tf.Tensor1D;
  readonly down?: tf.Tensor1D;
}

/**
 * Gaussian blur of planes [c, n, size, size]; 0 leaves a view exactly as it is.
 */
export function blur(x: tf.Tensor4D, { across, down }: BlurWidths, radius: number): tf.Tensor4D {
  const bandOf = (sigma: tf.Tensor1D): tf.Tensor => tf.expandDims(blurMatrices(sigma, radius, x.shape[2]), 0);
  const right = bandOf(across);
  const left = down === undefined ? right : bandOf(down);
  return tf.matMul(left, tf.matMul(x, right, false, true)) as tf.Tensor4D;
}

// [n, taps] . [taps, size * size]: every entry of the band is a sum of taps, chosen by a constant matrix
function blurMatrices(sigma: tf.Tensor1D, radius: number, size: number): tf.Tensor3D {
  const distance = tf.range(0, radius + 1, 1, "float32");
  // a view without blur gets a sigma so small that every tap but the middle one is 0
  const safe = tf.maximum(sigma, 1e-3);
  const exponent = tf.mul(tf.reshape(tf.div(-0.5, tf.square(safe)), [-1, 1]), tf.reshape(tf.square(distance), [1, -1]));
  const taps = tf.exp(exponent);
  const twice = tf.tensor2d([1, ...Array<number>(radius).fill(2)], [1, radius + 1]);
  const normalised = tf.div(taps, tf.sum(tf.mul(taps, twice), 1, true));
  const choice = tf.tensor2d(tapChoice(size, radius), [radius + 1, size * size]);
  return tf.reshape(tf.matMul(normalised, choice), [sigma.shape[0], size, size]);
}

// choice[d, o, i]: how often input pixel i lies at distance d from output pixel o, in the reflected line
function tapChoice(size: number, radius: number): Float32Array {
  const choice = new Float32Array((radius + 1) * size * size);
  for (let output = 0; output < size; output++) {
    for (let offset = -radius; offset <= radius; offset++) {
      const input = reflect(output + offset, size);
      const index = (Math.abs(offset) * size + output) * size + input;
      choice[index] = (choice[index] as number) + 1;
    }
  }
  return choice;
}

function reflect(index: number, size: number): number {
  if (index < 0) return -index;
  return index < size ? index : 2 * (size - 1) - index;
}
