/**
 * Noise of counted X-ray photons in a radiograph, whose values are logarithms of counts: of N0 photons behind black, N0 exp(-a x) are left
 * behind a value x, and the logarithm of a Poisson count N has a standard deviation of 1 / sqrt(N). So it is that of white times
 * exp(a (x - 1) / 2): bones and mediastinum are noisier than lungs. Counts are large enough for a normal distribution.
 * For images in which absorbers are bright (MONOCHROME2, as the DICOM reader brings them).
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { drawStrength, noisePlanes, strengthFields } from "../noise.ts";
import { numberOf, type Operation, short } from "../operation.ts";

export const quantumNoise: Operation<"quantumNoise"> = {
  name: "quantumNoise",
  fields: strengthFields,
  draw: drawStrength,
  apply(x, fields, { attenuation }, form) {
    const share = tf.exp(tf.mul(tf.sub(x, 1), attenuation / 2));
    const noise = tf.mul(noisePlanes(fields, form), fields.one("std"));
    return clamp01(tf.add(x, tf.mul(noise, share))) as tf.Tensor4D;
  },
  words: (drawn) => `quantum noise ${short(100 * numberOf(drawn, "std"))} %`,
};
