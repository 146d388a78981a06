/**
 * x^gamma: torchvision's adjust_gamma with gain 1, and MONAI's AdjustContrast where black and white are the image's extremes. It imitates
 * detectors and displays with another response curve. Drawn uniformly in its logarithm, so that brighter and darker are as likely.
 */
import * as tf from "@tensorflow/tfjs";
import { numberOf, type Operation, short } from "../operation.ts";

export const gamma: Operation<"gamma"> = {
  name: "gamma",
  fields: ({ gamma: [from, to] }) => (from === 1 && to === 1 ? {} : { excess: { rows: 1, idle: 0 } }),
  draw: (random, { gamma: [from, to] }) => ({ gamma: Math.exp(random.uniform(Math.log(from), Math.log(to))) }),
  pack: (drawn) => ({ excess: numberOf(drawn, "gamma") - 1 }),
  // x * x^(gamma - 1): a gamma of 1 gives x itself, which exp(log x) would not
  apply(x, fields) {
    const power = tf.exp(tf.mul(tf.log(tf.maximum(x, 1e-12)), fields.one("excess")));
    return tf.mul(x, power) as tf.Tensor4D;
  },
  words: (drawn) => `gamma ${short(numberOf(drawn, "gamma"))}`,
};
