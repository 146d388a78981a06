/**
 * Colour jitter and grayscale on views as planes [c, n, size, size] with values in [0, 1]. Definitions are torchvision's for
 * float tensors. Brightness, contrast, saturation and grayscale are one operation, clamp(a x + b mean(gray(x)) + g gray(x)), which lets
 * every view have its own order of them (parameters.ts says how).
 */
import * as tf from "@tensorflow/tfjs";
import { column, type Rows } from "./rows.ts";

// torchvision's luma weights (they sum to 0.9999)
const luma = [0.2989, 0.587, 0.114];

/** Which terms of a blend any view can need. */
interface BlendTerms {
  readonly mean: boolean;
  readonly gray: boolean;
}

/** Colour jitter, then grayscale. */
export function changeColours(views: tf.Tensor4D, rows: Rows): tf.Tensor4D {
  const { layout, group } = rows;
  const ranges = group.operations.colorJitter?.ranges ?? {};
  const terms = { mean: ranges.contrast !== undefined, gray: ranges.saturation !== undefined };
  let out = views;
  for (const slot of layout.slotsBefore) out = blendSlot(out, rows, slot, terms);
  if (layout.hue >= 0) out = rotateHue(out, column(rows, layout.hue));
  for (const slot of layout.slotsAfter) out = blendSlot(out, rows, slot, terms);
  if (layout.grayscale >= 0) out = dropColour(out, column(rows, layout.grayscale));
  return out;
}

function blendSlot(x: tf.Tensor4D, rows: Rows, slot: number, terms: BlendTerms): tf.Tensor4D {
  let sum: tf.Tensor = tf.mul(x, column(rows, slot));
  if (terms.mean || terms.gray) {
    const gray = grayOf(x);
    const share: tf.Tensor[] = [];
    if (terms.mean) share.push(tf.mul(tf.mean(gray, [2, 3], true), column(rows, slot + 1)));
    if (terms.gray) share.push(tf.mul(gray, column(rows, slot + 2)));
    sum = tf.add(
      sum,
      share.length === 2 ? tf.add(share[0] as tf.Tensor, share[1] as tf.Tensor) : (share[0] as tf.Tensor),
    );
  }
  return tf.clipByValue(sum, 0, 1) as tf.Tensor4D;
}

function dropColour(x: tf.Tensor4D, flag: tf.Tensor): tf.Tensor4D {
  return tf.where(tf.greater(flag, 0.5), grayOf(x), x) as tf.Tensor4D;
}

/** Luma of three channels; of any other number (where only contrast needs it) the mean of the channels. [1, n, size, size] */
function grayOf(x: tf.Tensor4D): tf.Tensor {
  const [channels, count, height, width] = x.shape;
  if (channels === 1) return x;
  if (channels !== 3) return tf.mean(x, 0, true);
  const weighted = tf.matMul(tf.tensor2d(luma, [1, 3]), tf.reshape(x, [3, count * height * width]));
  return tf.reshape(weighted, [1, count, height, width]);
}

/**
 * Rotates the hue by `turns` [n, 1, 1]: to HSV, h + turns mod 1, back, in Pillow's formulas. x [3, n, size, size] in [0, 1].
 * With the hue in sixths, each channel is min + chroma * clamp(a triangle wave of the hue).
 */
export function rotateHue(x: tf.Tensor4D, turns: tf.Tensor): tf.Tensor4D {
  const [red, green, blue] = tf.split(x, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const most = tf.maximum(tf.maximum(red, green), blue);
  const least = tf.minimum(tf.minimum(red, green), blue);
  const chroma = tf.sub(most, least);
  const sixths = hueSixths({ red, green, blue, most, chroma });
  const turned = wrap(tf.add(sixths, tf.mul(turns, 6)));
  const shares = tf.concat(
    [
      tf.clipByValue(tf.sub(tf.abs(tf.sub(turned, 3)), 1), 0, 1),
      tf.clipByValue(tf.sub(2, tf.abs(tf.sub(turned, 2))), 0, 1),
      tf.clipByValue(tf.sub(2, tf.abs(tf.sub(turned, 4))), 0, 1),
    ],
    0,
  );
  return tf.add(tf.mul(shares, chroma), least) as tf.Tensor4D;
}

interface Channels {
  readonly red: tf.Tensor;
  readonly green: tf.Tensor;
  readonly blue: tf.Tensor;
  readonly most: tf.Tensor;
  readonly chroma: tf.Tensor;
}

// hue in sixths of a turn, in [-1, 5]; the first of red, green, blue that is largest names the sector
function hueSixths({ red, green, blue, most, chroma }: Channels): tf.Tensor {
  const isRed = tf.equal(most, red);
  const isGreen = tf.equal(most, green);
  const rise = tf.where(isRed, tf.sub(green, blue), tf.where(isGreen, tf.sub(blue, red), tf.sub(red, green)));
  const sector = tf.where(isRed, tf.zerosLike(red), tf.where(isGreen, tf.fill(red.shape, 2), tf.fill(red.shape, 4)));
  // gray pixels have no hue and no chroma either: any finite hue gives them back unchanged
  return tf.add(tf.div(rise, tf.maximum(chroma, 1e-12)), sector);
}

// into [0, 6)
function wrap(sixths: tf.Tensor): tf.Tensor {
  return tf.sub(sixths, tf.mul(tf.floor(tf.div(sixths, 6)), 6));
}
