/**
 * Colour jitter and grayscale on views as planes [c, n, size, size] with values in [0, 1]. Definitions are torchvision's for
 * float tensors. Brightness, contrast, saturation and grayscale are one operation, clamp(a x + b mean(gray(x)) + g gray(x)), which lets
 * every view have its own order of them (parameters.ts says how).
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "./clamp.ts";
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
  return clamp01(sum) as tf.Tensor4D;
}

// x where the flag is 0 and its gray where it is 1; products, because a selection costs five times as much
function dropColour(x: tf.Tensor4D, flag: tf.Tensor): tf.Tensor4D {
  return tf.add(tf.mul(x, tf.sub(1, flag)), tf.mul(grayOf(x), flag)) as tf.Tensor4D;
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
 * With the hue in sixths of a turn, each channel is least + chroma * clamp(a triangle wave of the hue).
 */
function rotateHue(x: tf.Tensor4D, turns: tf.Tensor): tf.Tensor4D {
  const [red, green, blue] = tf.split(x, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const upper = tf.maximum(green, blue);
  const lower = tf.minimum(green, blue);
  const least = tf.minimum(red, lower);
  const chroma = tf.sub(tf.maximum(red, upper), least);
  // gray pixels have no hue and no chroma either: any finite hue gives them back unchanged
  const rise = tf.div(tf.sub(tf.minimum(red, upper), lower), tf.maximum(chroma, 1e-12));
  const turned = wrap(tf.add(tf.abs(tf.add(rise, sector({ red, green, blue, upper }))), tf.mul(turns, 6)));
  const waves = [
    tf.sub(tf.abs(tf.sub(turned, 3)), 1),
    tf.sub(2, tf.abs(tf.sub(turned, 2))),
    tf.sub(2, tf.abs(tf.sub(turned, 4))),
  ];
  const channels = waves.map((wave) => tf.add(tf.mul(clamp01(wave), chroma), least));
  return tf.concat(channels, 0) as tf.Tensor4D;
}

// Start of the hue's sector such that |sector + rise| is the hue in sixths, in [0, 6]: rise falls in every second sector, which
// the sign takes care of. By the order of the channels: r g b, g r b, g b r, b g r, b r g, r b g have 0, -2, -2, 4, 4, -6.
function sector({ red, green, blue, upper }: Record<"red" | "green" | "blue" | "upper", tf.Tensor>): tf.Tensor {
  const blueOverGreen = tf.cast(tf.less(green, blue), "float32");
  const redNotMost = tf.cast(tf.less(red, upper), "float32");
  const step = tf.sub(tf.mul(redNotMost, 12), 6);
  return tf.sub(tf.mul(blueOverGreen, step), tf.mul(redNotMost, 2));
}

// into [0, 6)
function wrap(sixths: tf.Tensor): tf.Tensor {
  return tf.sub(sixths, tf.mul(tf.floor(tf.mul(sixths, 1 / 6)), 6));
}
