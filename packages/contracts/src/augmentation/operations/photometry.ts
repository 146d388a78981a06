/** Settings of the operations of photographs: torchvision's. What they do is in `@lejepa/augment`. */
import { z } from "zod";
import { amount, chance, range } from "../leaves.ts";

/** In the order in which they act. */
export const photometry = {
  colorJitter: z
    .strictObject({
      probability: chance(0.8, "is jittered"),
      brightness: amount(0.4, {}, "Factor drawn from [1 - x, 1 + x]."),
      contrast: amount(0.4, {}, "Factor drawn from [1 - x, 1 + x]."),
      saturation: amount(0.2, {}, "Factor drawn from [1 - x, 1 + x]; needs 3 channels."),
      hue: amount(0.1, { max: 0.5 }, "Shift drawn from [-x, x] turns of the hue circle; needs 3 channels."),
    })
    .describe("torchvision's ColorJitter."),
  grayscale: z
    .strictObject({ probability: chance(0.2, "loses its colour; needs 3 channels") })
    .describe("torchvision's RandomGrayscale."),
  gaussianBlur: z
    .strictObject({
      probability: chance(0.5, "is blurred"),
      sigma: range(
        [0.1, 2],
        { min: 0.01, max: 50 },
        "Standard deviation of the blur, pixels of the view, from and to.",
      ),
    })
    .describe("torchvision's GaussianBlur."),
} as const;

/** Acts after everything that an instrument does. */
export const solarization = {
  solarize: z
    .strictObject({
      probability: chance(0.2, "is solarized"),
      threshold: amount(0.5, { max: 1 }, "Values at or above this (white is 1) are inverted."),
    })
    .describe("torchvision's RandomSolarize."),
} as const;
