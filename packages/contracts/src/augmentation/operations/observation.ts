/** Settings of the operations of images of the ground from above. What they do is in `@lejepa/augment`. */
import { z } from "zod";
import { amount, chance, range } from "../leaves.ts";

/** What shows another date of the same place: one image a view, so it moves pixels. */
export const dates = {
  seasonalPair: z
    .strictObject({
      probability: chance(0.5, "of odd number is cut from another date of its place, where the dataset knows one"),
    })
    .describe("Two dates of one place as views of one image: what stays is what the place is."),
} as const;

/** From the ground through the air into the sensor, in the order in which they act. */
export const atmosphere = {
  haze: z
    .strictObject({
      probability: chance(0.3, "is seen through haze"),
      depth: range([0.05, 0.4], { min: 0, max: 5 }, "Optical depth at 550 nm, from and to."),
      light: range([0.1, 0.4], { min: 0, max: 1 }, "Brightness of infinitely thick haze, white is 1, from and to."),
      exponent: amount(
        1.3,
        { max: 4 },
        "Angstrom exponent: optical depth falls with this power of the wavelength; 0: equal in all bands.",
      ),
    })
    .describe(
      "Haze: bands lose contrast and gain path radiance, short wavelengths more; equal in bands of unknown names.",
    ),
  bandGain: z
    .strictObject({
      probability: chance(0.8, "gets other gains and offsets"),
      sun: amount(0.2, { max: 1 }, "Gain of all bands together drawn from [1 - x, 1 + x]: the height of the sun."),
      contrast: amount(
        0.2,
        { max: 1 },
        "Contrast of all bands together drawn from [1 - x, 1 + x], about each band's mean over the dataset.",
      ),
      gain: amount(0.05, { max: 1 }, "Gain of each band drawn from [1 - x, 1 + x]: its calibration."),
      offset: amount(0.02, { max: 1 }, "Offset of each band drawn from [-x, x], white is 1."),
    })
    .describe("Gain, contrast and offset band by band."),
} as const;

/** What acts on the finished image, in the order in which it acts. */
export const disturbances = {
  speckle: z
    .strictObject({
      probability: chance(0.5, "gets speckle"),
      looks: range(
        [4, 32],
        { min: 1, max: 1000 },
        "Number of looks, from and to, even in its logarithm; 1 is the strongest.",
      ),
      unit: z
        .enum(["auto", "decibels", "intensity", "amplitude"])
        .default("auto")
        .describe("What pixel values are; `auto`: decibels if black is below 0, else intensity."),
    })
    .describe(
      "SAR speckle: gamma distributed factors of mean 1 on the intensity, independent from pixel to pixel and band to band.",
    ),
  clouds: z
    .strictObject({
      probability: chance(0.1, "has a cloud with its shadow"),
      size: range(
        [0.05, 0.2],
        { min: 0.01, max: 1 },
        "Radius of the cloud's puffs, shares of the view's side, from and to.",
      ),
      opacity: range([0.5, 1], { min: 0, max: 1 }, "Share of the ground's light that the cloud hides, from and to."),
      brightness: range([0.7, 1], { min: 0, max: 1 }, "Brightness of the cloud in all bands, white is 1, from and to."),
      shadow: amount(0.5, { max: 1 }, "Share of the light that the cloud keeps from the ground, at full opacity."),
      distance: range(
        [0.1, 0.4],
        { min: 0, max: 2 },
        "Way from cloud to shadow, shares of the view's side, from and to.",
      ),
    })
    .describe("A bright cloud with soft edges, and its shadow away from the sun."),
  bandDropout: z
    .strictObject({
      probability: chance(0.2, "loses bands"),
      most: amount(0.25, { max: 1 }, "Largest share of the bands that is lost, at least one and never all."),
    })
    .describe("Bands that are missing are their mean over the dataset."),
} as const;
