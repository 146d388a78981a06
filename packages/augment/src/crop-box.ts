/**
 * The box of a random resized crop: torchvision's `RandomResizedCrop.get_params` for the same draws. Boxes are whole
 * pixels. Not the crop itself (resample.ts).
 */
import type { RandomStream } from "@lejepa/contracts";
import type { ViewParameters } from "./parameters.ts";
import { roundHalfEven } from "./round.ts";
import type { Range } from "./spec.ts";

/** What a box is drawn from. */
export interface CropOptions {
  readonly height: number;
  readonly width: number;
  /** Share of the image's area. */
  readonly scale: Range;
  /** Width over height. */
  readonly ratio: Range;
}

const tries = 10;

/**
 * Draws a box into `box`: up to ten tries of (area uniform in `scale`, log ratio uniform) until one fits, then the largest
 * central box whose ratio lies within `ratio` (never empty, where torchvision's may be for an image of a few pixels).
 */
export function drawCropBox(
  random: RandomStream,
  { height, width, scale, ratio }: CropOptions,
  box: Pick<ViewParameters, "top" | "left" | "height" | "width">,
): void {
  const logLow = Math.log(ratio[0]);
  const logHigh = Math.log(ratio[1]);
  for (let i = 0; i < tries; i++) {
    const area = height * width * random.uniform(scale[0], scale[1]);
    const aspect = Math.exp(random.uniform(logLow, logHigh));
    const boxWidth = roundHalfEven(Math.sqrt(area * aspect));
    const boxHeight = roundHalfEven(Math.sqrt(area / aspect));
    if (boxWidth < 1 || boxWidth > width || boxHeight < 1 || boxHeight > height) continue;
    box.top = random.integer(height - boxHeight + 1);
    box.left = random.integer(width - boxWidth + 1);
    box.height = boxHeight;
    box.width = boxWidth;
    return;
  }
  centralBox({ height, width, scale, ratio }, box);
}

function centralBox(
  { height, width, ratio }: CropOptions,
  box: Pick<ViewParameters, "top" | "left" | "height" | "width">,
): void {
  const inRatio = width / height;
  box.width = inRatio > ratio[1] ? Math.max(1, roundHalfEven(height * ratio[1])) : width;
  box.height = inRatio < ratio[0] ? Math.max(1, roundHalfEven(width / ratio[0])) : height;
  box.top = (height - box.height) >> 1;
  box.left = (width - box.width) >> 1;
}
