/** torchvision's RandomGrayscale: all three channels become the luma. */
import * as tf from "@tensorflow/tfjs";
import { luma } from "../luma.ts";
import type { Operation } from "../operation.ts";

export const grayscale: Operation<"grayscale"> = {
  name: "grayscale",
  fields: () => ({ on: { rows: 1, idle: 0 } }),
  draw: () => ({ on: 1 }),
  // products, because a selection costs five times as much
  apply(x, fields) {
    const on = fields.one("on");
    return tf.add(tf.mul(x, tf.sub(1, on)), tf.mul(luma(x), on)) as tf.Tensor4D;
  },
  words: () => "grayscale",
};
