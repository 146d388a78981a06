/** Settings of what lies between a galaxy and its cut-out: distance, dust, air, sky, detector. What they do is in `@lejepa/augment`. */
import { z } from "zod";
import { amount, chance, range } from "../leaves.ts";

/** In the order in which light meets them. */
export const astronomy = {
  redshift: z
    .strictObject({
      probability: chance(0.3, "shows its object farther away: smaller and dimmer"),
      from: amount(0.1, { min: 0.001, max: 10 }, "Redshift of the objects as they are stored, z."),
      added: range([0, 0.1], { min: 0, max: 10 }, "Added to z, from and to."),
      dimming: amount(
        4,
        { max: 5 },
        "Exponent n of the surface brightness, (1 + z)^-n: 4 for bolometric flux, 0 for none.",
      ),
    })
    .describe("The same object at a higher redshift, in a flat universe with 30 % matter."),
  reddening: z
    .strictObject({
      probability: chance(0.5, "is seen through dust of the Milky Way"),
      excess: range([0, 0.3], { min: 0, max: 3 }, "Colour excess E(B-V), magnitudes, from and to."),
      coefficients: z
        .array(z.number().min(0).max(10))
        .min(1)
        .nullable()
        .default(null)
        .describe("A / E(B-V) of each channel; null: by the names of three channels, or those of SDSS i, r, g."),
    })
    .describe("Extinction of each band by dust in front of the object."),
  psf: z
    .strictObject({
      probability: chance(0.5, "is blurred by air and optics"),
      fwhm: range([0.5, 2.5], { min: 0.05, max: 50 }, "Full width at half maximum, pixels of the view, from and to."),
      beta: z
        .number()
        .min(2)
        .max(20)
        .nullable()
        .default(null)
        .describe("Exponent of a Moffat profile, whose wings are those of seeing (2.5 to 5); null: a Gaussian."),
      ellipticity: amount(
        0,
        { max: 0.5 },
        "The width grows by up to this share along one axis and shrinks along the other.",
      ),
    })
    .describe("A point-spread function on top of the one that the image already has."),
  background: z
    .strictObject({
      probability: chance(0.3, "has a sloping sky"),
      gradient: range(
        [0, 0.05],
        { min: 0, max: 1 },
        "Rise from one side of the view to the other; white is 1, from and to.",
      ),
    })
    .describe("An additive plane in any direction: moonlight, scattered light, residuals of the flat field."),
  skyNoise: z
    .strictObject({
      probability: chance(0.5, "gets noise"),
      photon: range(
        [0, 0.0005],
        { min: 0, max: 1 },
        "Variance of photon noise where the signal is 1: one over the electrons at white.",
      ),
      read: range(
        [0, 0.02],
        { min: 0, max: 1 },
        "Standard deviation of sky and read-out noise; white is 1, from and to.",
      ),
      softening: amount(
        0,
        { max: 1e6 },
        "Pixels are asinh(s x) / asinh(s) of linear counts x, with this s; 0: they are linear.",
      ),
    })
    .describe("Gaussian noise of variance photon x + read^2 on linear counts x."),
} as const;
