/** The share of valid pixels in a box of an image, quick for many boxes. */
import type { ImageForm } from "./spec.ts";

/** A box, pixels; it may reach beyond the image. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Share of the box's part within the image that is valid, 0 .. 1; 0 when nothing of it lies there. Bounds are rounded to whole pixels. */
export type ValidShare = (box: Box) => number;

/**
 * Counts a mask [height, width] of 0 and 1 once (Crow's summed area table), so that each box takes four look-ups. Rotation and shear
 * of the crop are left out of account.
 *
 * @returns undefined when every pixel is valid
 */
export function validShare(
  mask: Uint8Array,
  { height, width }: Pick<ImageForm, "height" | "width">,
): ValidShare | undefined {
  if (!mask.includes(0)) return undefined;
  const stride = width + 1;
  const sums = new Uint32Array((height + 1) * stride);
  for (let y = 0; y < height; y++) {
    let line = 0;
    for (let x = 0; x < width; x++) {
      line += mask[y * width + x] as number;
      sums[(y + 1) * stride + x + 1] = (sums[y * stride + x + 1] as number) + line;
    }
  }
  const at = (y: number, x: number): number => sums[y * stride + x] as number;
  const within = (value: number, most: number): number => Math.min(Math.max(Math.round(value), 0), most);
  return (box) => {
    const [top, bottom] = [within(box.top, height), within(box.top + box.height, height)];
    const [left, right] = [within(box.left, width), within(box.left + box.width, width)];
    const pixels = (bottom - top) * (right - left);
    return pixels === 0 ? 0 : (at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)) / pixels;
  };
}
