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

/** Input pixels of each output pixel, with their weights, which add up to 1 inside the image and to 0 in the bars. */
interface Taps {
  /** First input pixel of each output pixel. */
  readonly first: Int32Array;
  /** Where the weights of each output pixel begin in `weights`; one more for the end. */
  readonly at: Int32Array;
  readonly weights: Float64Array;
}

function axis({ length, size, start, scale }: Placement): Taps {
  const support = Math.max(scale, 1);
  const first = new Int32Array(size);
  const at = new Int32Array(size + 1);
  const weights: number[] = [];
  for (let i = 0; i < size; i++) {
    const centre = start + (i + 0.5) * scale;
    // half an output pixel beyond the edge there is nothing to see: the bars of `pad`
    const seen = centre >= 0 && centre <= length;
    const from = Math.max(0, Math.floor(centre - support + 0.5));
    const to = seen ? Math.min(length, Math.floor(centre + support + 0.5)) : from;
    const taps = Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / support),
    );
    const total = taps.reduce((so, w) => so + w, 0);
    for (const w of taps) weights.push(w / total);
    first[i] = from;
    at[i + 1] = weights.length;
  }
  return { first, at, weights: Float64Array.from(weights) };
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
  const strips = new Map<number, Resampled>();
  for (let y = 0; y < size; y++) {
    const from = rows.first[y] as number;
    for (const row of strips.keys()) if (row < from) strips.delete(row);
    for (let tap = rows.at[y] as number, row = from; tap < (rows.at[y + 1] as number); tap++, row++) {
      let strip = strips.get(row);
      if (strip === undefined) {
        strip = shrinkRow(record, row * width, cols, size);
        strips.set(row, strip);
      }
      const weight = rows.weights[tap] as number;
      addScaled(values, y * size * channels, strip.values, weight);
      addScaled(weights, y * size, strip.weights, weight);
    }
  }
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight === 0) continue;
    for (let c = 0; c < channels; c++) values[i * channels + c]! /= weight;
  }
  return { values, weights };
}

function addScaled(to: Float64Array, at: number, from: Float64Array, weight: number): void {
  for (let i = 0; i < from.length; i++) to[at + i]! += weight * (from[i] as number);
}

/** One row of the input as sums of its valid values by weight, [size, channels], and of the weights. */
function shrinkRow({ data, mask, channels }: ImageRecord, offset: number, cols: Taps, size: number): Resampled {
  const values = new Float64Array(size * channels);
  const weights = new Float64Array(size);
  for (let x = 0; x < size; x++) {
    const taps = { weights: cols.weights, from: cols.at[x] as number, to: cols.at[x + 1] as number };
    const pixel = offset + (cols.first[x] as number);
    weights[x] = mask === undefined ? Number(taps.to > taps.from) : sumValid(mask, pixel, taps);
    for (let c = 0; c < channels; c++) {
      values[x * channels + c] =
        mask === undefined
          ? sumAll(data, pixel * channels + c, channels, taps)
          : sumMasked(data, mask, { pixel, channel: c, channels }, taps);
    }
  }
  return { values, weights };
}

/** The weights `from` .. `to` - 1 of a list. */
interface Span {
  readonly weights: Float64Array;
  readonly from: number;
  readonly to: number;
}

// the loops that take the time: over every pixel of the input, so plain and small
function sumAll(data: PixelArray, start: number, step: number, { weights, from, to }: Span): number {
  let total = 0;
  for (let tap = from, at = start; tap < to; tap++, at += step)
    total += (weights[tap] as number) * (data[at] as number);
  return total;
}

function sumValid(mask: Uint8Array, pixel: number, { weights, from, to }: Span): number {
  let total = 0;
  for (let tap = from, at = pixel; tap < to; tap++, at++) total += (weights[tap] as number) * (mask[at] as number);
  return total;
}

interface Place {
  readonly pixel: number;
  readonly channel: number;
  readonly channels: number;
}

function sumMasked(
  data: PixelArray,
  mask: Uint8Array,
  { pixel, channel, channels }: Place,
  { weights, from, to }: Span,
): number {
  let total = 0;
  for (let tap = from, at = pixel; tap < to; tap++, at++) {
    // not by multiplication: an invalid pixel may hold NaN
    if (mask[at] === 1) total += (weights[tap] as number) * (data[at * channels + channel] as number);
  }
  return total;
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
