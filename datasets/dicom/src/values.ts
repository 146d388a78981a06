/**
 * From stored numbers to physical ones: overlay bits off, sign, padding masked, then the modality LUT (PS3.3 section C.11.1):
 *
 *     value = slope * stored + intercept      or      value = table[stored]
 */
import type { DataSet } from "dicom-parser";
import { either, items, real } from "./attributes.ts";
import { rescaleOf } from "./frame-attributes.ts";
import type { ImageAttributes } from "./image-attributes.ts";
import { lookUp, readTable } from "./lookup-table.ts";
import type { StoredFrame } from "./stored-frame.ts";

/** How the samples of one gray frame become values. */
export interface ValueScale {
  /** The physical value of a sample. */
  value(sample: number): number;
  /** Whether a sample stands for "no image here"; absent when the header names no such number. */
  readonly isPadding?: (sample: number) => boolean;
}

/** The scale of a frame. Throws LejepaError E_DECODE for a modality LUT with too few entries. */
export function valueScale(root: DataSet, frame: number, image: ImageAttributes): ValueScale {
  const stored = storedNumber(image);
  const padding = image.float ? floatPadding(root, image) : paddingRange(root, image);
  const value = modality(root, frame, image);
  return {
    value: (sample) => value(stored(sample)),
    ...(padding !== undefined && { isPadding: (sample: number) => padding(stored(sample)) }),
  };
}

/** Values of a frame, and 1 where one is valid; the mask is absent when all are. */
export interface FrameValues {
  readonly values: Float64Array;
  readonly mask?: Uint8Array;
}

/** Applies a scale to every sample of a frame. */
export function toValues({ data }: StoredFrame, scale: ValueScale): FrameValues {
  const values = mapSamples(data, new Float64Array(data.length), scale.value);
  const { isPadding } = scale;
  if (isPadding === undefined) return { values };
  const mask = mapSamples(data, new Uint8Array(data.length), (sample) => (isPadding(sample) ? 0 : 1));
  return { values, ...(mask.includes(0) && { mask }) };
}

/** Fills `out` with `f` of every sample, through a table when samples repeat. */
export function mapSamples<Out extends Float64Array | Float32Array | Uint16Array | Uint8Array>(
  data: StoredFrame["data"],
  out: Out,
  f: (sample: number) => number,
): Out {
  const [low, high] = data instanceof Float32Array || data instanceof Float64Array ? [0, Infinity] : extent(data);
  if (high - low >= Math.min(65536, data.length)) {
    for (let i = 0; i < data.length; i++) out[i] = f(data[i] as number);
    return out;
  }
  const table = Float64Array.from({ length: high - low + 1 }, (_, i) => f(low + i));
  for (let i = 0; i < data.length; i++) out[i] = table[(data[i] as number) - low] as number;
  return out;
}

function extent(data: StoredFrame["data"]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const sample = data[i] as number;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
  }
  return [low, high];
}

// only the stored bits count: old files keep overlays in the others
function storedNumber({
  bitsAllocated,
  bitsStored,
  highBit,
  signed,
  float,
}: ImageAttributes): (sample: number) => number {
  if (float || bitsAllocated === bitsStored || bitsAllocated === 1) return (sample) => sample;
  const drop = bitsAllocated - 1 - highBit;
  // to the left until the sign is bit 31, then back
  const [left, right] = [32 - bitsAllocated + drop, 32 - bitsStored];
  return signed ? (sample) => (sample << left) >> right : (sample) => (sample << left) >>> right;
}

type IsPadding = (stored: number) => boolean;

function paddingRange(root: DataSet, { signed, samples }: ImageAttributes): IsPadding | undefined {
  const from = samples === 1 ? either(root, "x00280120", { signed }) : undefined;
  if (from === undefined) return undefined;
  const to = either(root, "x00280121", { signed }) ?? from;
  const [low, high] = from <= to ? [from, to] : [to, from];
  return (stored) => stored >= low && stored <= high;
}

// what is no number is no pixel either
function floatPadding(root: DataSet, { bitsAllocated }: ImageAttributes): IsPadding {
  const tags =
    bitsAllocated === 32 ? (["x00280122", "x00280124", "FL"] as const) : (["x00280123", "x00280125", "FD"] as const);
  const from = real(root, tags[0], tags[2]) ?? Number.NaN;
  const to = real(root, tags[1], tags[2]) ?? from;
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return (stored) => !Number.isFinite(stored) || (stored >= low && stored <= high);
}

function modality(root: DataSet, frame: number, { signed, bitsStored }: ImageAttributes): (stored: number) => number {
  const sequence = items(root, "x00283000")[0];
  if (sequence !== undefined) {
    const table = readTable(sequence, { descriptor: "x00283002", data: "x00283006" }, signed && bitsStored <= 16);
    if (table !== undefined) return (stored) => lookUp(table, stored);
  }
  const { slope, intercept } = rescaleOf(root, frame);
  return (stored) => slope * stored + intercept;
}
