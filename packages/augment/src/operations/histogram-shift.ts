/**
 * A rising curve of straight pieces through control points at equal distances: MONAI's RandHistogramShift, with its way of drawing
 * the points, between black and white instead of between the least and the largest value of the image. It imitates devices and export
 * settings that map the signal to gray values by another curve.
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import type { Operation } from "../operation.ts";

export const histogramShift: Operation<"histogramShift"> = {
  name: "histogramShift",
  // the curve is slope x + sum of bend_k max(0, x - k / (points - 1)); looking up two numbers a pixel takes half as long again
  fields: ({ points }) => ({ slope: { rows: 1, idle: 1 }, bends: { rows: points - 2, idle: 0 } }),
  draw(random, { points }) {
    const curve = Array.from({ length: points }, (_, i) => i / (points - 1));
    for (let i = 1; i < points - 1; i++) curve[i] = random.uniform(curve[i - 1] as number, curve[i + 1] as number);
    return { curve };
  },
  pack({ curve }, { points }) {
    const values = curve as readonly number[];
    const slopes = values.slice(1).map((value, i) => (value - (values[i] as number)) * (points - 1));
    const bends = slopes.slice(1).map((slope, i) => slope - (slopes[i] as number));
    return { slope: slopes[0] as number, bends };
  },
  apply(x, fields, { points }) {
    let out: tf.Tensor = tf.mul(x, fields.one("slope"));
    const bends = tf.split(fields.many("bends"), points - 2, 0);
    for (const [i, bend] of bends.entries()) {
      const beyond = tf.relu(tf.sub(x, (i + 1) / (points - 1)));
      out = tf.add(out, tf.mul(beyond, bend));
    }
    return clamp01(out) as tf.Tensor4D;
  },
  words: ({ curve }) => {
    const values = curve as readonly number[];
    const shift = Math.max(...values.map((value, i) => Math.abs(value - i / (values.length - 1))));
    return `gray scale bent by up to ${Math.round(100 * shift)} %`;
  },
};
