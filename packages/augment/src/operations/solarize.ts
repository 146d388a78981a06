/** torchvision's RandomSolarize: values at or above the threshold are inverted, `1 - x`. */
import * as tf from "@tensorflow/tfjs";
import type { Operation } from "../operation.ts";

export const solarize: Operation<"solarize"> = {
  name: "solarize",
  fields: () => ({ on: { rows: 1, idle: 0 } }),
  draw: () => ({ on: 1 }),
  // for x in [0, 1], |m - x| is 1 - x for m = 1 and x for m = 0: cheaper than a selection
  apply(x, fields, { threshold }) {
    // views without it get a threshold that no value reaches
    const from = tf.add(tf.mul(tf.sub(1, fields.one("on")), 2), threshold);
    return tf.abs(tf.sub(tf.cast(tf.greaterEqual(x, from), "float32"), x)) as tf.Tensor4D;
  },
  words: (_, { threshold }) => `solarized above ${threshold}`,
};
