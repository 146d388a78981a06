/**
 * Speckle of coherent imaging: intensity times a gamma distributed factor G of mean 1 and variance 1 / L for L looks, on its own for
 * every pixel and band (Goodman 1976, JOSA 66(11)). Images of decibels get 10 log10 G added, of mean 10 / ln 10 (digamma(L) - ln L) dB;
 * images of amplitude are multiplied by sqrt G. A pixel's value is black + x (white - black).
 *
 * G comes from normal noise z by Wilson and Hilferty's cube, G = (1 - b^2 + b z)^3 with b = 1 / (3 sqrt L) (1931, PNAS 17(12)): mean and
 * variance are right to 0.5 % even for one look, quantiles between 2 and 98 % to 0.02; with the factor at least 1/64 (-18 dB), mean and
 * deviation in decibels to 0.1 dB.
 * Not here: the correlation of neighbouring pixels by a sensor's point spread.
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { drawNoise, noiseFields, noisePlanes } from "../noise.ts";
import { numberOf, type Operation, short, type ViewForm } from "../operation.ts";

type Unit = "decibels" | "intensity" | "amplitude";

// cube root of the smallest factor: without it, the lower tail of a single look is too long in decibels
const leastRoot = 0.25;

export const speckle: Operation<"speckle"> = {
  name: "speckle",
  // of a view without speckle the factor is exactly 1
  fields: () => ({ spread: { rows: 1, idle: 0 }, ...noiseFields }),
  draw: (random, { looks: [from, to] }) => ({
    looks: Math.exp(random.uniform(Math.log(from), Math.log(to))),
    ...drawNoise(random),
  }),
  pack: ({ looks, ...noise }) => ({ spread: 1 / (3 * Math.sqrt(looks as number)), ...noise }),
  apply(x, fields, { unit }, form) {
    const spread = fields.one("spread");
    const noise = noisePlanes(fields, form);
    const cubeRoot = tf.maximum(tf.add(tf.mul(noise, spread), tf.sub(1, tf.square(spread))), leastRoot);
    return clamp01(multiply(x, cubeRoot, unit === "auto" ? unitOf(form) : unit, form)) as tf.Tensor4D;
  },
  words: (drawn) => `speckle of ${short(numberOf(drawn, "looks"))} looks`,
};

const unitOf = ({ range: [black] }: ViewForm): Unit => (black < 0 ? "decibels" : "intensity");

function multiply(x: tf.Tensor, cubeRoot: tf.Tensor, unit: Unit, { range: [black, white] }: ViewForm): tf.Tensor {
  if (unit === "decibels") return tf.add(x, tf.mul(tf.log(cubeRoot), 30 / Math.LN10 / (white - black)));
  const factor = unit === "intensity" ? tf.mul(tf.square(cubeRoot), cubeRoot) : tf.mul(tf.sqrt(cubeRoot), cubeRoot);
  const scaled = tf.mul(x, factor);
  return black === 0 ? scaled : tf.add(scaled, tf.mul(tf.sub(factor, 1), black / (white - black)));
}
