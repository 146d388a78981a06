/** Settings of the operations that move pixels. What they do is in `@lejepa/augment`. */
import { z } from "zod";
import { amount, chance, range } from "../leaves.ts";

/** In the order in which they act. */
export const geometry = {
  centreJitter: z
    .strictObject({
      probability: chance(1, "is cut around the centre of the image instead of anywhere"),
      shift: amount(0.1, { max: 0.5 }, "Largest shift of the crop's centre, as a share of the image's side."),
    })
    .describe("Crops around an object in the middle, moved a little."),
  zoomOut: z
    .strictObject({
      probability: chance(0.5, "shows more than its crop, and so its object smaller"),
      factor: range([1, 1.5], { min: 1, max: 4 }, "The crop's sides grow by a factor drawn from here."),
    })
    .describe("The same object from farther away; what lies outside the image is filled as `border` says."),
  rotation: z
    .strictObject({
      probability: chance(1, "is rotated"),
      degrees: amount(10, { max: 180 }, "Angle drawn from [-x, x] degrees."),
    })
    .describe("Rotation about the centre of the crop, bilinear."),
  shear: z
    .strictObject({
      probability: chance(0.5, "is sheared"),
      degrees: amount(5, { max: 45 }, "Angles along x and y drawn from [-x, x] degrees."),
    })
    .describe("torchvision's shear, about the centre of the crop."),
  quarterTurn: z
    .strictObject({ probability: chance(0.75, "is turned by 90, 180 or 270 degrees, each as likely") })
    .describe("Exact rotations; at 0.75 all four orientations are as likely."),
  horizontalFlip: z
    .strictObject({ probability: chance(0.5, "is mirrored left to right") })
    .describe("A left-right flip."),
  verticalFlip: z.strictObject({ probability: chance(0.5, "is mirrored upside down") }).describe("An up-down flip."),
} as const;
