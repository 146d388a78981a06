/** Rotation of the hue, in Pillow's formulas. */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "./clamp.ts";

/**
 * Rotates the hue by `turns` [n, 1, 1]: to HSV, h + turns mod 1, back, in Pillow's formulas. x [3, n, size, size] in [0, 1].
 * With the hue in sixths of a turn, each channel is least + chroma * clamp(a triangle wave of the hue).
 */
export function rotateHue(x: tf.Tensor4D, turns: tf.Tensor): tf.Tensor4D {
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
