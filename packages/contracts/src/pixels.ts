/**
 * From decoded pixels of any size to the stored square: one anti-aliased resize for every plugin that has no better one of
 * its library's. Physical values stay physical: no colour management, no overshoot, and invalid pixels take no part.
 *
 * @module
 */
import type { ImageRecord, PixelArray, PixelType } from "./dataset.ts";
import { LejepaError } from "./errors.ts";

/** How an image that is no square becomes one: centre crop of the short side, change of aspect, or bars of invalid pixels. */
export type Fit = "crop" | "squash" | "pad";

/** Options of `fitSquare`. */
export interface FitSquareOptions {
  /** Width and height of the result. */
  readonly size: number;
  readonly fit: Fit;
}

/**
 * Resizes an image to a square by the triangle filter, widened when it shrinks (Pillow's `BILINEAR`, torchvision's
 * `antialias=True`), over valid pixels alone: weights are those of the filter, renormalised. A pixel of the result is valid
 * when at least half of its weight is; the others get the mean of the valid ones, so that no edge appears at nodata.
 *
 * @returns the same dtype and channels, integers rounded; `spacing` scaled along; a mask only if a pixel is invalid
 * @throws LejepaError E_SHAPE when data or mask do not have the size that the record says
 */
export function fitSquare(record: ImageRecord, { size, fit }: FitSquareOptions): ImageRecord {
  checkRecord(record);
  const [rows, cols] = placements(record, size, fit);
  const whole = record.width === size && record.height === size && record.mask === undefined;
  if (whole) return record;
  const { values, weights } = resample(record, axis(rows), axis(cols), size);
  const mask = weights.every((weight) => weight >= 0.5)
    ? undefined
    : Uint8Array.from(weights, (w) => (w >= 0.5 ? 1 : 0));
  if (mask !== undefined) fillInvalid(values, mask, record.channels);
  const { mask: _, spacing, data: __, ...rest } = record;
  return {
    ...rest,
    data: ofType(values, record.dtype),
    width: size,
    height: size,
    ...(mask !== undefined && { mask }),
    ...(spacing !== undefined && { spacing: [spacing[0] * rows.scale, spacing[1] * cols.scale] as const }),
  };
}

/** Where output pixels lie along one axis of the input: output pixel i is centred on start + (i + 1/2) scale. */
interface Placement {
  readonly length: number;
  readonly size: number;
  readonly start: number;
  readonly scale: number;
}

function placements({ width, height }: ImageRecord, size: number, fit: Fit): [Placement, Placement] {
  const side = fit === "crop" ? Math.min(width, height) : Math.max(width, height);
  const along = (length: number): Placement =>
    fit === "squash"
      ? { length, size, start: 0, scale: length / size }
      : { length, size, start: (length - side) / 2, scale: side / size };
  return [along(height), along(width)];
}

/** Input pixels of each output pixel, with their weights, which add up to 1 inside the image. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

function axis({ length, size, start, scale }: Placement): Taps {
  const support = Math.max(scale, 1);
  const first = new Int32Array(size);
  const weights = Array.from({ length: size }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    // half an output pixel beyond the edge there is nothing to see: the bars of `pad`
    if (centre < 0 || centre > length) return new Float64Array(0);
    const from = Math.max(0, Math.floor(centre - support + 0.5));
    const to = Math.min(length, Math.floor(centre + support + 0.5));
    first[i] = from;
    const taps = Float64Array.from({ length: to - from }, (__, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / support),
    );
    const total = taps.reduce((sum, w) => sum + w, 0);
    return taps.map((w) => w / total);
  });
  return { first, weights };
}

interface Resampled {
  readonly values: Float64Array;
  /** Share of valid weight of each pixel. */
  readonly weights: Float64Array;
}

function resample(record: ImageRecord, rows: Taps, cols: Taps, size: number): Resampled {
  const { channels, width } = record;
  const values = new Float64Array(size * size * channels);
  const weights = new Float64Array(size * size);
  // rows of the input, shrunk to the output's width, are made when first needed and dropped when passed
  const strips = new Map<number, Strip>();
  for (let y = 0; y < size; y++) {
    const [taps, from] = [rows.weights[y] as Float64Array, rows.first[y] as number];
    for (const row of strips.keys()) if (row < from) strips.delete(row);
    for (const [k, weight] of taps.entries()) {
      let strip = strips.get(from + k);
      if (strip === undefined) {
        strip = shrinkRow(record, (from + k) * width, cols, size);
        strips.set(from + k, strip);
      }
      for (let i = 0; i < size * channels; i++)
        values[y * size * channels + i]! += weight * (strip.values[i] as number);
      for (let i = 0; i < size; i++) weights[y * size + i]! += weight * (strip.weights[i] as number);
    }
  }
  for (let i = 0; i < values.length; i++) {
    const weight = weights[Math.floor(i / channels)] as number;
    if (weight > 0) values[i]! /= weight;
  }
  return { values, weights };
}

interface Strip {
  /** Sums of valid values by weight, [size, channels]. */
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

function shrinkRow({ data, mask, channels }: ImageRecord, offset: number, cols: Taps, size: number): Strip {
  const values = new Float64Array(size * channels);
  const weights = new Float64Array(size);
  for (let x = 0; x < size; x++) {
    const [taps, from] = [cols.weights[x] as Float64Array, offset + (cols.first[x] as number)];
    for (let k = 0; k < taps.length; k++) {
      if (mask !== undefined && mask[from + k] === 0) continue;
      const weight = taps[k] as number;
      weights[x]! += weight;
      const at = (from + k) * channels;
      for (let c = 0; c < channels; c++) values[x * channels + c]! += weight * (data[at + c] as number);
    }
  }
  return { values, weights };
}

function fillInvalid(values: Float64Array, mask: Uint8Array, channels: number): void {
  const valid = mask.reduce((sum, bit) => sum + bit, 0);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = 0; i < mask.length; i++) if (mask[i] === 1) sum += values[i * channels + c] as number;
    const mean = valid === 0 ? 0 : sum / valid;
    for (let i = 0; i < mask.length; i++) if (mask[i] === 0) values[i * channels + c] = mean;
  }
}

function ofType(values: Float64Array, dtype: PixelType): PixelArray {
  if (dtype === "float32") return Float32Array.from(values);
  const arrays = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array } as const;
  return arrays[dtype].from(values.map((value) => Math.round(value)));
}

function checkRecord({ data, mask, width, height, channels }: ImageRecord): void {
  const pixels = width * height;
  if (data.length === pixels * channels && (mask === undefined || mask.length === pixels) && pixels > 0) return;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "fitSquare",
    expected: `${height} x ${width} x ${channels} values${mask === undefined ? "" : ` and ${pixels} in the mask`}`,
    got: `${data.length}${mask === undefined ? "" : ` and ${mask.length}`}`,
  });
}
