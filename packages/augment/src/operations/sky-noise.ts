/**
 * Photons and read-out, Gaussian: on linear counts x (white 1) a variance of `photon x + read^2`, independent in each pixel and band.
 * `photon` is one over the electrons that white stands for; `read` holds the sky's photon noise too, which is the same everywhere.
 * Below about 20 electrons a pixel a Poisson distribution is skewed and this is not.
 *
 * Pictures in 8 bits are seldom linear: SDSS and Legacy Surveys show y = asinh(s x) / asinh(s). The same noise then has the standard
 * deviation sqrt(photon x + read^2) dy/dx, dy/dx = s / (asinh(s) cosh(asinh(s) y)): as on linear counts in the faint sky, and falling
 * exponentially with what is shown. So the additive model breaks on bright cores, where its photon term even has the wrong sign.
 * `softening` is that s (about 10 to 100 by eye) and takes the factor into account; units of `photon` and `read` are linear
 * then. Each band is taken to be stretched by itself (luptitudes; Lupton, Gunn and Szalay 1999); in composites stretched by the mean
 * of the bands (Lupton et al. 2004) colour noise in cores is larger than this.
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { drawNoise, noiseFields, noisePlanes } from "../noise.ts";
import { numberOf, type Operation, short } from "../operation.ts";

export const skyNoise: Operation<"skyNoise"> = {
  name: "skyNoise",
  fields: () => ({ photon: { rows: 1, idle: 0 }, read: { rows: 1, idle: 0 }, ...noiseFields }),
  draw: (random, { photon, read }) => ({
    photon: random.uniform(...photon),
    read: random.uniform(...read),
    ...drawNoise(random),
  }),
  apply(x, fields, { softening, photon }, { channels, size }) {
    const noise = noisePlanes(fields, { channels, size });
    const deviation = deviationOf(x, {
      photon: fields.one("photon"),
      read: fields.one("read"),
      softening,
      constant: photon[1] === 0,
    });
    return clamp01(tf.add(x, tf.mul(noise, deviation))) as tf.Tensor4D;
  },
  words: (drawn) => `noise ${short(Math.sqrt(numberOf(drawn, "photon") + numberOf(drawn, "read") ** 2))} at white`,
};

interface Deviation {
  readonly photon: tf.Tensor;
  readonly read: tf.Tensor;
  readonly softening: number;
  /** No photon noise at all. */
  readonly constant: boolean;
}

function deviationOf(x: tf.Tensor4D, { photon, read, softening, constant }: Deviation): tf.Tensor {
  const linearNoise = (counts: tf.Tensor): tf.Tensor =>
    constant ? read : tf.sqrt(tf.add(tf.mul(counts, photon), tf.square(read)));
  if (softening === 0) return linearNoise(x);
  const scale = Math.asinh(softening);
  const rising = tf.exp(tf.mul(x, scale));
  const falling = tf.div(1, rising);
  const counts = tf.relu(tf.mul(tf.sub(rising, falling), 0.5 / softening));
  // dy/dx, the hyperbolic cosine written out
  return tf.div(tf.mul(linearNoise(counts), (2 * softening) / scale), tf.add(rising, falling));
}
