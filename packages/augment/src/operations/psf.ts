/**
 * Seeing and optics: a Gaussian of the drawn full width at half maximum, or a Moffat profile (1 + r^2 / a^2)^-beta (Moffat 1969), whose
 * wings are those of the atmosphere (beta 2.5 to 5 on the ground). Normalised, so that flux is kept, and convolved with the image as it
 * is: it only ever blurs. Widths add in quadrature: 1.3" seeing of pixels that already have 1.0" takes a further 0.83".
 *
 * A Moffat profile is a mixture of Gaussians with precisions u of a Gamma distribution; three of them by Gauss-Laguerre quadrature keep
 * every Gaussian separable, two matrix products each, and the profile within 1.4 % of its peak for beta >= 2.5. Seeing acts on linear flux; on asinh-stretched pictures cores spread less than
 * they would and faint structure as it should.
 */
import * as tf from "@tensorflow/tfjs";
import { blur, radiusFor } from "./gaussian-blur.ts";
import { numberOf, type Operation, short } from "../operation.ts";

/** Full width at half maximum of a Gaussian of standard deviation 1: 2 sqrt(2 ln 2). */
const gaussianWidth = 2 * Math.sqrt(2 * Math.LN2);

export const psf: Operation<"psf"> = {
  name: "psf",
  fields: () => ({ across: { rows: 1, idle: 0 }, down: { rows: 1, idle: 0 } }),
  draw(random, { fwhm, ellipticity }) {
    const width = random.uniform(...fwhm);
    const stretch = ellipticity === 0 ? 0 : random.uniform(-ellipticity, ellipticity);
    return { across: width * (1 + stretch), down: width / (1 + stretch) };
  },
  apply(x, fields, { fwhm, beta, ellipticity }, { size }) {
    const widest = fwhm[1] * (1 + ellipticity);
    const parts = mixtureOf(beta).map(({ weight, sigma }) => {
      const scaled = (name: string): tf.Tensor1D => tf.mul(fields.flat(name), sigma);
      const blurred = blur(x, { across: scaled("across"), down: scaled("down") }, radiusFor(sigma * widest, size));
      return weight === 1 ? blurred : tf.mul(blurred, weight);
    });
    return parts.reduce((sum, part) => tf.add(sum, part)) as tf.Tensor4D;
  },
  words: (drawn) => `PSF ${short(Math.sqrt(numberOf(drawn, "across") * numberOf(drawn, "down")))} px`,
};

/** One Gaussian of a profile whose full width at half maximum is 1. */
interface Part {
  /** Share of the flux. */
  readonly weight: number;
  readonly sigma: number;
}

/**
 * The Gaussians of a profile. Moffat's: integral of Gaussians exp(-u r^2 / a^2) over u, whose shares of the flux have the density
 * u^(beta - 2) exp(-u); nodes are the zeros of the Laguerre polynomial L_3^(beta - 2), in closed form.
 */
export function mixtureOf(beta: number | null): Part[] {
  if (beta === null) return [{ weight: 1, sigma: 1 / gaussianWidth }];
  const scale = 1 / (2 * Math.sqrt(2 ** (1 / beta) - 1));
  const b = beta + 1;
  const angle = Math.acos(1 / Math.sqrt(b)) / 3;
  const nodes = [0, 1, 2].map((k) => b + 2 * Math.sqrt(b) * Math.cos(angle + (2 * Math.PI * k) / 3)) as [
    number,
    number,
    number,
  ];
  // weights that give the density's first three moments
  const first = beta - 1;
  const second = (beta - 1) * beta;
  return nodes.map((u, i) => {
    const [v, w] = nodes.filter((_, other) => other !== i) as [number, number];
    const weight = (second - (v + w) * first + v * w) / ((u - v) * (u - w));
    return { weight, sigma: scale / Math.sqrt(2 * u) };
  });
}
