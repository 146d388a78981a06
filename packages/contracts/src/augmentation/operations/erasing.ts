/** Settings of what hides a part of a view. What it does is in `@lejepa/augment`. */
import { z } from "zod";
import { chance, range } from "../leaves.ts";

/** Acts last. */
export const erasing = {
  erasing: z
    .strictObject({
      probability: chance(0.25, "loses a box"),
      area: range([0.02, 0.33], { min: 0, max: 1 }, "Share of the view's area, from and to."),
      ratio: range([0.3, 3.3], { min: 0.01, max: 100 }, "Height over width of the box, from and to."),
    })
    .describe("torchvision's RandomErasing: a box is filled with the mean of each channel."),
} as const;
