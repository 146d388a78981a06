/**
 * The evaluation transform: the whole image, resized and normalised, nothing random.
 */
import { expectRank, expectShape, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { unweigh, weigh } from "./masks.ts";
import { standardise } from "./photometry.ts";
import { toPlanes } from "./planes.ts";
import { resampleMatrices } from "./resample.ts";
import { roundHalfEven } from "./round.ts";
import { type ImageForm, type Range, rangeOf } from "./spec.ts";

/** How images become the encoder's input without augmentation. */
export interface NormaliseOptions {
  /** Type of the program's input; `uint8` and `int32` are int32 tensors inside a traced function. */
  readonly dtype: ImageForm["dtype"];
  /** Values of black and of white; by default [0, 255] for `uint8` and [0, 1] otherwise. */
  readonly range?: Range;
  /** Per channel, on the scale where black is 0 and white is 1. */
  readonly mean: readonly number[];
  /** Per channel, on the same scale. */
  readonly std: readonly number[];
  /** Width and height of the result: shorter side resized to it (anti-aliased), then the central square. */
  readonly size?: number;
  /** Of the resize. Default `bilinear`. */
  readonly interpolation?: "bilinear" | "bicubic";
  /** [batch, height, width], 1 where a pixel is valid: what is not is the mean of its channel, 0 in the result. */
  readonly masks?: tf.Tensor | undefined;
}

/**
 * `((x - black) / (white - black) - mean) / std` per channel, x clipped to the range: torchvision's Resize(size), CenterCrop(size), Normalize.
 *
 * @param images [batch, height, width, channels], int32 or float32 as `dtype` says
 * @returns [batch, channels, size, size], or [batch, channels, height, width] without a size; float32
 * @throws LejepaError E_SHAPE when the images are not of rank 4, `mean` or `std` do not have one value a channel or the masks are of
 *   another size; E_DTYPE
 */
export function normaliseImages(images: tf.Tensor, options: NormaliseOptions): tf.Tensor4D {
  const { mean, std, size, interpolation = "bilinear", masks } = options;
  expectRank("normaliseImages", "images", images, 4, ["batch", "height", "width", "channels"]);
  const channels = images.shape[3] as number;
  if (mean.length !== channels || std.length !== channels) {
    throw new LejepaError({
      code: "E_SHAPE",
      where: "normaliseImages",
      expected: `${channels} values in mean and std, one a channel`,
      got: `${mean.length} and ${std.length}`,
    });
  }
  const planes = toPlanes("normaliseImages", images, options);
  const [black, white] = rangeOf(options);
  const gain = 1 / (white - black);
  const scale = (x: tf.Tensor4D): tf.Tensor4D =>
    (size === undefined ? tf.mul(x, gain) : centralSquare(x, { size, gain, interpolation })) as tf.Tensor4D;
  const finish = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [1, 0, 2, 3]);
  if (masks === undefined) return finish(standardise(scale(planes), mean, std));
  expectShape("normaliseImages", "masks", masks, images.shape.slice(0, 3));
  const mask = tf.expandDims(tf.cast(masks, "float32"), 0) as tf.Tensor4D;
  const { planes: seen, valid } = unweigh(scale(weigh(planes, mask, [black, white])), mean);
  return finish(tf.mul(standardise(seen, mean, std), valid));
}

interface Resize {
  readonly size: number;
  readonly gain: number;
  readonly interpolation: "bilinear" | "bicubic";
}

function centralSquare(planes: tf.Tensor4D, resize: Resize): tf.Tensor {
  const [, , height, width] = planes.shape;
  const shorter = Math.min(height, width);
  const strips = tf.matMul(axisMatrix(height, shorter, resize), planes);
  return tf.matMul(strips, axisMatrix(width, shorter, { ...resize, gain: 1 }), false, true);
}

// the rows of the whole axis' resize that the central crop keeps, [1, 1, size, from]
function axisMatrix(from: number, shorter: number, { size, gain, interpolation }: Resize): tf.Tensor {
  const to = Math.floor((size * from) / shorter);
  const value = (v: number): tf.Tensor => tf.tensor([v], [1, 1, 1]);
  const crop = { start: value(0), length: value(from), flip: value(0) };
  const whole = resampleMatrices(crop, { from, to, interpolation, gain });
  const first = roundHalfEven((to - size) / 2);
  return tf.reshape(tf.slice(whole, [0, first, 0], [1, size, from]), [1, 1, size, from]);
}
