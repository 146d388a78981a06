/**
 * x + std n with n standard normal for each channel and pixel, clamped: read-out noise of cameras and detectors, and that of
 * reconstructed CT slices, in the domain of the stored values. Not MR's (rician-noise.ts) and not that of counted photons behind an
 * absorber (quantum-noise.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { drawStrength, noisePlanes, strengthFields } from "../noise.ts";
import { numberOf, type Operation, short } from "../operation.ts";

export const gaussianNoise: Operation<"gaussianNoise"> = {
  name: "gaussianNoise",
  fields: strengthFields,
  draw: drawStrength,
  apply: (x, fields, _, form) =>
    clamp01(tf.add(x, tf.mul(noisePlanes(fields, form), fields.one("std")))) as tf.Tensor4D,
  words: (drawn) => `noise ${short(100 * numberOf(drawn, "std"))} %`,
};
