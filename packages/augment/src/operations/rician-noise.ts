/**
 * sqrt((x + std n1)^2 + (std n2)^2), n1 and n2 standard normal: the magnitude of a complex MR signal with Gaussian noise in both parts
 * (Gudbjartsson and Patz 1995), MONAI's RandRicianNoise. In air it is Rayleigh noise and raises black; in tissue it is close to Gaussian.
 */
import * as tf from "@tensorflow/tfjs";
import { drawStrength, noisePlanes, strengthFields } from "../noise.ts";
import { numberOf, type Operation, short } from "../operation.ts";

export const ricianNoise: Operation<"ricianNoise"> = {
  name: "ricianNoise",
  fields: strengthFields,
  draw: drawStrength,
  apply(x, fields, _, { channels, size }) {
    const noise = tf.mul(noisePlanes(fields, { channels: 2 * channels, size }), fields.one("std"));
    const [real, imaginary] = tf.split(noise, 2, 0) as [tf.Tensor, tf.Tensor];
    const magnitude = tf.sqrt(tf.add(tf.square(tf.add(x, real)), tf.square(imaginary)));
    return tf.minimum(magnitude, 1) as tf.Tensor4D;
  },
  words: (drawn) => `Rician noise ${short(100 * numberOf(drawn, "std"))} %`,
};
