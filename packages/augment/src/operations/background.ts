/**
 * A sloping sky, the same in all bands: x + g (cos(phi) u + sin(phi) v) with u, v from -1/2 to 1/2 across the view, then clamped. Moonlight,
 * scattered light, amplifier glow and residuals of flat fields are planes at the scale of a cut-out. Its mean is 0, as after the
 * subtraction of a constant sky; `g` is in units where white is 1. On asinh-stretched pictures it is the slope of what is shown, about the
 * same thing where the sky is (the stretch is linear there) and too much on bright cores.
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { numberOf, type Operation, short } from "../operation.ts";

export const background: Operation<"background"> = {
  name: "background",
  fields: () => ({ right: { rows: 1, idle: 0 }, down: { rows: 1, idle: 0 } }),
  draw(random, { gradient }) {
    const rise = random.uniform(...gradient);
    const angle = random.uniform(0, 2 * Math.PI);
    return { right: rise * Math.cos(angle), down: rise * Math.sin(angle) };
  },
  apply(x, fields, _, { size }) {
    const line = tf.div(tf.range((1 - size) / 2, size / 2, 1, "float32"), size);
    const slope = tf.add(
      tf.mul(fields.one("right"), tf.reshape(line, [1, 1, size])),
      tf.mul(fields.one("down"), tf.reshape(line, [1, size, 1])),
    );
    return clamp01(tf.add(x, slope)) as tf.Tensor4D;
  },
  words: (drawn) => `sky slope ${short(Math.hypot(numberOf(drawn, "right"), numberOf(drawn, "down")))}`,
};
