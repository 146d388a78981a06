/** Draws what moves pixels: the crop and its placement, rotation, shear, turns and flips. */
import type { RandomStream } from "@lejepa/contracts";
import { drawCropBox } from "./crop-box.ts";
import type { ViewParameters } from "./parameters.ts";
import type { ImageForm, ViewGroup } from "./spec.ts";

/** Fills the geometric fields of `view`. */
export function drawGeometry(
  random: RandomStream,
  { scale, ratio, operations }: ViewGroup,
  { height, width }: Pick<ImageForm, "height" | "width">,
  view: ViewParameters,
): void {
  const { centreJitter, zoomOut, rotation, shear, quarterTurn, horizontalFlip, verticalFlip } = operations;
  drawCropBox(random, { height, width, scale, ratio }, view);
  if (centreJitter && random.bernoulli(centreJitter.probability)) {
    view.top = near(random, centreJitter.shift, { whole: height, part: view.height });
    view.left = near(random, centreJitter.shift, { whole: width, part: view.width });
  }
  if (zoomOut && random.bernoulli(zoomOut.probability)) enlarge(view, random.uniform(...zoomOut.factor));
  const symmetric = (most: number): number => random.uniform(-most, most);
  view.angle = rotation && random.bernoulli(rotation.probability) ? symmetric(rotation.degrees) : 0;
  view.shear =
    shear && random.bernoulli(shear.probability) ? [symmetric(shear.degrees), symmetric(shear.degrees)] : [0, 0];
  view.quarterTurns = quarterTurn && random.bernoulli(quarterTurn.probability) ? 1 + random.integer(3) : 0;
  view.flipX = horizontalFlip !== undefined && random.bernoulli(horizontalFlip.probability);
  view.flipY = verticalFlip !== undefined && random.bernoulli(verticalFlip.probability);
}

// whole pixels, within the image
function near(
  random: RandomStream,
  shift: number,
  { whole, part }: { readonly whole: number; readonly part: number },
): number {
  const start = Math.round((whole - part) / 2 + random.uniform(-shift, shift) * whole);
  return Math.min(Math.max(start, 0), whole - part);
}

/** Enlarges the crop about its centre. */
export function enlarge(view: ViewParameters, factor: number): void {
  view.top -= (view.height * (factor - 1)) / 2;
  view.left -= (view.width * (factor - 1)) / 2;
  view.height *= factor;
  view.width *= factor;
}
