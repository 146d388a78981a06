/**
 * Crop, resize with anti-aliasing and flip along one axis as a matrix: out = R . line. A whole view is Ry . image . Rx^T, two
 * matrix products. Weights are those of torchvision's resize with `antialias=True` (Pillow's resampling): a triangle or
 * Keys' cubic (a = -1/2), widened by the scale when the crop shrinks.
 */
import type { Border } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";

/** One axis of the crops of `n` views; all fields [n, 1, 1], in source pixels. */
export interface AxisCrop {
  readonly start: tf.Tensor;
  readonly length: tf.Tensor;
  /** 1: mirrored, 0: not. */
  readonly flip: tf.Tensor;
}

/** Sizes and filter of the matrices. */
export interface ResampleOptions {
  /** Length of the source line. */
  readonly from: number;
  /** Length of the resampled line. */
  readonly to: number;
  readonly interpolation: "bilinear" | "bicubic";
  /** What each row sums to: 1, or 1/255 to bring 8-bit values to [0, 1] on the way. */
  readonly gain: number;
  /**
   * Absent: the crop lies within the line, and nothing outside the crop is looked at. Otherwise the crop may reach beyond the line, whose
   * pixels are mirrored at its edges, repeated, or followed by zeros; neighbours outside the crop count.
   */
  readonly border?: Border;
}

/**
 * Resampling matrices [n, to, from]: row o holds the weights of output pixel o,
 * `w[o, i] = k((i + 1/2 - centre_o) / max(1, length / to))` for i in [start, start + length), scaled to sum to `gain`.
 */
export function resampleMatrices({ start, length, flip }: AxisCrop, options: ResampleOptions): tf.Tensor3D {
  const { from, to, interpolation, gain, border } = options;
  const scale = tf.div(length, to);
  const inverseSupport = tf.minimum(tf.div(to, length), 1);
  const position = tf.reshape(tf.range(0.5, to, 1, "float32"), [1, to, 1]);
  const mirrored = tf.add(position, tf.mul(flip, tf.sub(to, tf.mul(position, 2))));
  const centre = tf.add(start, tf.mul(mirrored, scale));
  const pixel = tf.reshape(tf.range(0.5, from, 1, "float32"), [1, 1, from]);
  const kernel = interpolation === "bilinear" ? triangle : keysCubic;
  if (border !== undefined)
    return withBorder({ centre, pixel, inverseSupport, from, kernel, border, gain }) as tf.Tensor3D;
  const distance = tf.abs(tf.sub(tf.mul(centre, inverseSupport), tf.mul(pixel, inverseSupport)));
  const inside = tf.logicalAnd(tf.greater(pixel, start), tf.less(pixel, tf.add(start, length)));
  return normalised(kernel(distance, tf.mul(tf.sub(1, tf.cast(inside, "float32")), outside)), gain) as tf.Tensor3D;
}

type Kernel = (distance: tf.Tensor, bonus: tf.Tensor | number) => tf.Tensor;

interface BorderOptions {
  readonly centre: tf.Tensor;
  readonly pixel: tf.Tensor;
  readonly inverseSupport: tf.Tensor;
  readonly from: number;
  readonly kernel: Kernel;
  readonly border: Border;
  readonly gain: number;
}

// far below any weight's argument: puts pixels outside the crop beyond the filter's reach
const outside = -1e6;

function withBorder({ centre, pixel, inverseSupport, from, kernel, border, gain }: BorderOptions): tf.Tensor {
  // scaled before they meet: the axes are short and the matrix is not
  const scaled = tf.mul(pixel, inverseSupport);
  const weightsAt = (centres: tf.Tensor): tf.Tensor =>
    kernel(tf.abs(tf.sub(tf.mul(centres, inverseSupport), scaled)), 0);
  if (border === "edge") return normalised(weightsAt(tf.maximum(tf.minimum(centre, from - 0.5), 0.5)), gain);
  // a triangle wave brings any centre into the line; the filter's tails are mirrored at the line's two ends
  const wave = tf.sub(centre, tf.mul(tf.floor(tf.div(centre, 2 * from)), 2 * from));
  const folded = tf.sub(from, tf.abs(tf.sub(wave, from)));
  const mirrored = tf.add(weightsAt(folded), tails({ folded, scaled, inverseSupport, from, kernel }));
  if (border === "reflect") return normalised(mirrored, gain);
  // all of the filter's weight lies in the mirrored line, so that its sum is that of the whole filter
  return tf.mul(weightsAt(centre), tf.div(gain, tf.sum(mirrored, 2, true)));
}

interface TailOptions extends Pick<BorderOptions, "inverseSupport" | "from" | "kernel"> {
  readonly folded: tf.Tensor;
  /** Pixels in units of the support. */
  readonly scaled: tf.Tensor;
}

// Mirrored pixels lie at -p and 2 from - p, at distances c + p and 2 from - (c + p) of which the nearer counts, from - |from - (c + p)|: a
// filter as long as the line reaches both, and no view is so small.
function tails({ folded, scaled, inverseSupport, from, kernel }: TailOptions): tf.Tensor {
  const end = tf.mul(inverseSupport, from);
  const past = tf.abs(tf.add(tf.sub(tf.mul(folded, inverseSupport), end), scaled));
  return kernel(tf.sub(end, past), 0);
}

const normalised = (weights: tf.Tensor, gain: number): tf.Tensor =>
  tf.mul(weights, tf.div(gain, tf.sum(weights, 2, true)));

// k(t) = max(0, 1 - t)
const triangle: Kernel = (distance, bonus) => tf.relu(tf.sub(tf.add(bonus, 1), distance));

// Keys' cubic with a = -1/2 in truncated powers: with u = max(0, 2 - t) and v = max(0, 1 - t),
// k(t) = v^2 (1 - 2v) - u^2 (1 - u) / 2
const keysCubic: Kernel = (distance, bonus) => {
  const v = tf.relu(tf.sub(tf.add(bonus, 1), distance));
  const u = tf.relu(tf.sub(tf.add(bonus, 2), distance));
  const inner = tf.mul(tf.square(v), tf.sub(1, tf.mul(v, 2)));
  const outer = tf.mul(tf.square(u), tf.sub(0.5, tf.mul(u, 0.5)));
  return tf.sub(inner, outer);
};
