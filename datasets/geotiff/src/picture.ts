/**
 * A picture of a raster for people: the first three bands (or one) stretched between percentiles of their valid values.
 */
import type { Inspection, StoredArray } from "@lejepa/contracts";
import { isPalette } from "./bands.ts";
import type { Page } from "./tiff/open.ts";
import type { Window } from "./tiff/read-window.ts";

const [low, high] = [0.02, 0.98];
const samplesLooked = 65_536;

/** Gray or RGB of 8 bits, rows, cols, samples; invalid pixels are black. */
export function picture(
  page: Page,
  { width, height }: Window,
  { data, mask }: { data: StoredArray; mask: Uint8Array },
): Omit<Inspection, "facts"> {
  const pixels = width * height;
  const { alpha } = page;
  const bands = Array.from({ length: page.image.samples }, (_, band) => band).filter((band) => band !== alpha);
  const shown = isPalette(page) ? [0, 0, 0] : bands.length >= 3 ? bands.slice(0, 3) : bands.slice(0, 1);
  const out = new Uint8Array(pixels * shown.length);
  for (const [to, band] of shown.entries()) {
    const plane = (i: number): number => Number(data[band * pixels + i]);
    const valid = (i: number): boolean => mask[band * pixels + i] === 1;
    const tone = isPalette(page) ? paletteTone(page, to) : stretched(page, plane, valid, pixels);
    for (let i = 0; i < pixels; i++) out[i * shown.length + to] = valid(i) ? tone(plane(i)) : 0;
  }
  return { shape: [height, width, shown.length], axes: ["rows", "cols", "samples"], dtype: "uint8", data: out };
}

function paletteTone({ image }: Page, colour: number): (value: number) => number {
  return (value) => (image.colorMap?.[colour * 2 ** image.bits + value] ?? 0) >> 8;
}

/** Bytes stay as they are, all else is stretched; white-is-zero is turned around. */
function stretched(
  { image }: Page,
  plane: (i: number) => number,
  valid: (i: number) => boolean,
  pixels: number,
): (value: number) => number {
  const step = Math.max(1, Math.floor(pixels / samplesLooked));
  const seen: number[] = [];
  for (let i = 0; i < pixels; i += step) if (valid(i)) seen.push(plane(i));
  seen.sort((a, b) => a - b);
  const at = (share: number): number => seen[Math.min(seen.length - 1, Math.floor(share * seen.length))] ?? 0;
  const isByte = image.dtype === "uint8" && image.bits === 8;
  const [black, white] = isByte ? [0, 255] : [at(low), at(high)];
  const turned = image.photometric === 0 && image.format === "unsigned";
  return (value) => {
    const tone =
      white === black ? 128 : Math.max(0, Math.min(255, Math.round(((value - black) / (white - black)) * 255)));
    return turned ? 255 - tone : tone;
  };
}
