/**
 * Which pixels hold data: nodata values, values that are not finite, and what the file's masks say.
 */
import type { StoredArray } from "@lejepa/contracts";
import type { GeotiffOptions } from "./options.ts";
import type { PartPixels } from "./part-pixels.ts";

/**
 * The mask of pixels on one grid.
 *
 * A pixel is invalid when a file's mask or alpha says so, when a band is NaN or infinite, or when its bands are nodata: any of
 * them or all, as the option says.
 *
 * @returns 1 valid, 0 invalid; undefined when all are valid
 */
export function validPixels(parts: readonly PartPixels[], options: GeotiffOptions): Uint8Array | undefined {
  const rule =
    options.invalid === "auto" ? (parts.every(({ image }) => image.bits <= 8) ? "all" : "any") : options.invalid;
  const pixels = (parts[0] as PartPixels).width * (parts[0] as PartPixels).height;
  const empty = new Uint16Array(pixels);
  const mask = new Uint8Array(pixels).fill(1);
  let [bands, found] = [0, false];
  for (const part of parts) {
    for (const [sample, nodata] of nodataOf(part)) {
      bands += 1;
      found = countNodata(part, { sample, nodata, empty, mask }) || found;
    }
    if (part.mask === undefined) continue;
    for (let i = 0; i < pixels; i++) if (part.mask[i] === 0) mask[i] = 0;
    found = true;
  }
  if (!found) return undefined;
  const enough = rule === "any" ? 1 : bands;
  for (let i = 0; i < pixels; i++) if ((empty[i] as number) >= enough) mask[i] = 0;
  return mask.includes(0) ? mask : undefined;
}

/** The nodata value of each band that was read. */
function nodataOf({ samples, bands }: PartPixels): (readonly [sample: number, nodata: number | undefined])[] {
  return samples.map((index, sample) => [sample, bands.find((band) => band.index === index)?.nodata] as const);
}

interface Counting {
  readonly sample: number;
  readonly nodata: number | undefined;
  /** Bands of each pixel that are nodata. */
  readonly empty: Uint16Array;
  readonly mask: Uint8Array;
}

/** Counts a band's nodata into `empty` and masks what is not finite; whether there was any of either. */
function countNodata({ values, samples }: PartPixels, { sample, nodata, empty, mask }: Counting): boolean {
  const step = samples.length;
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  const value = storedNodata(values, nodata);
  // a native search of all bands is much quicker than a look at each value
  if (!isFloat && (value === undefined || !(values as Uint8Array).includes(value as number))) return false;
  let found = false;
  for (let i = 0, at = sample; i < empty.length; i++, at += step) {
    const stored = values[at] as number;
    if (stored === value) {
      empty[i]! += 1;
      found = true;
    } else if (isFloat && stored - stored !== 0) {
      mask[i] = 0;
      found = true;
    }
  }
  return found;
}

/** The nodata value as the array can hold it; undefined when it cannot. */
export function storedNodata(values: StoredArray, nodata: number | undefined): number | bigint | undefined {
  if (nodata === undefined || Number.isNaN(nodata)) return undefined;
  if (values instanceof Float64Array) return nodata;
  if (values instanceof Float32Array) return Math.fround(nodata);
  if (!Number.isInteger(nodata)) return undefined;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return BigInt(nodata);
  return nodata;
}
