/**
 * Gaussian blur, solarize and normalisation of views as planes [c, n, size, size]. Definitions are torchvision's for float
 * tensors.
 */
import * as tf from "@tensorflow/tfjs";
import { column, type Rows } from "./rows.ts";

/**
 * Gaussian blur with one standard deviation a view, reflected at the border (without repeating the edge): two products with
 * a banded matrix. sigma 0 leaves the view as it is, exactly. Taps: exp(-t^2 / 2 sigma^2), t in [-(k-1)/2, (k-1)/2], normalised.
 *
 * @param x [c, n, size, size]
 * @param sigma [n]
 */
export function gaussianBlur(x: tf.Tensor4D, sigma: tf.Tensor1D, kernelSize: number): tf.Tensor4D {
  const size = x.shape[2];
  const band = tf.expandDims(blurMatrices(sigma, kernelSize, size), 0);
  return tf.matMul(band, tf.matMul(x, band, false, true)) as tf.Tensor4D;
}

// [n, taps] . [taps, size * size]: every entry of the band is a sum of taps, chosen by a constant matrix
function blurMatrices(sigma: tf.Tensor1D, kernelSize: number, size: number): tf.Tensor3D {
  const radius = (kernelSize - 1) / 2;
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

/**
 * Inverts values at or above `threshold` in the views whose flag is 1. x in [0, 1], where |m - x| is 1 - x for m = 1 and x for
 * m = 0: cheaper than a selection.
 */
export function solarize(x: tf.Tensor4D, rows: Rows, threshold: number): tf.Tensor4D {
  const flag = column(rows, rows.layout.solarize);
  // views without it get a threshold that no value reaches
  const from = tf.add(tf.mul(tf.sub(1, flag), 2), threshold);
  return tf.abs(tf.sub(tf.cast(tf.greaterEqual(x, from), "float32"), x)) as tf.Tensor4D;
}

/** (x - mean) / std for each channel. */
export function standardise(x: tf.Tensor4D, mean: readonly number[], std: readonly number[]): tf.Tensor4D {
  const shape = [mean.length, 1, 1, 1];
  const scale = std.map((value) => 1 / value);
  const shift = mean.map((value, channel) => -value * (scale[channel] as number));
  return tf.add(tf.mul(x, tf.tensor(scale, shape)), tf.tensor(shift, shape)) as tf.Tensor4D;
}
