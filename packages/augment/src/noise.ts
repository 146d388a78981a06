/**
 * Standard normal noise for every pixel of a view, as a function of two small numbers drawn for the view: rows of the view are rows of
 * a fixed bank in an order of its own. A graph cannot draw seeded noise and the host cannot draw it fast enough; a gather is a copy.
 */
import { type RandomStream, stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { Drawn, Field, Fields } from "./operation.ts";

// a power of two, so that every odd stride visits all rows; products of indices stay exact in float32
const bankRows = 4096;

/** Fields that an operation with noise adds to its own. */
export const noiseFields: Readonly<Record<string, Field>> = {
  noiseStart: { rows: 1, idle: 0 },
  noiseStride: { rows: 1, idle: 1 },
};

/** Draws which noise a view gets. */
export function drawNoise(random: RandomStream): Drawn {
  return { noiseStart: random.integer(bankRows), noiseStride: 2 * random.integer(bankRows / 2) + 1 };
}

const banks = new Map<number, Float32Array>();

function bankOf(size: number): Float32Array {
  const known = banks.get(size);
  if (known !== undefined) return known;
  const bank = stream(0, "noise bank", size).fillNormal(new Float32Array(bankRows * size));
  banks.set(size, bank);
  return bank;
}

/**
 * Noise of mean 0 and standard deviation 1, independent from pixel to pixel of one view while `channels * size` is at most 4096.
 *
 * @param channels planes of noise wanted of each view
 * @returns [channels, views, size, size]
 */
export function noisePlanes(
  fields: Fields,
  { channels, size }: { readonly channels: number; readonly size: number },
): tf.Tensor4D {
  const { count } = fields;
  const line = tf.reshape(tf.range(0, channels * size, 1, "float32"), [channels, 1, size]);
  const start = tf.reshape(fields.flat("noiseStart"), [1, count, 1]);
  const stride = tf.reshape(fields.flat("noiseStride"), [1, count, 1]);
  const at = tf.add(start, tf.mul(stride, line));
  const wrapped = tf.sub(at, tf.mul(tf.floor(tf.div(at, bankRows)), bankRows));
  const rows = tf.reshape(tf.cast(wrapped, "int32"), [channels * count * size]);
  const bank = tf.tensor2d(bankOf(size), [bankRows, size]);
  return tf.reshape(tf.gather(bank, rows), [channels, count, size, size]);
}

/** Fields of an operation whose noise has a standard deviation of its own in each view; none where it is always 0. */
export function strengthFields({ std: [, to] }: { readonly std: readonly [number, number] }): Record<string, Field> {
  return to === 0 ? {} : { std: { rows: 1, idle: 0 }, ...noiseFields };
}

/** Draws such a standard deviation, and which noise a view gets. */
export function drawStrength(
  random: RandomStream,
  { std: [from, to] }: { readonly std: readonly [number, number] },
): Drawn {
  return { std: random.uniform(from, to), ...drawNoise(random) };
}
