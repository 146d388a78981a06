/**
 * Numbers that say what is in an array of pixels: per channel the range, moments and a hash, and a hash of it all. Hashes
 * are of bytes in C order, little-endian, so that any program can compute them again.
 */
import { createHash } from "node:crypto";
import type { Inspection, StoredArray } from "@lejepa/contracts";

/** One channel or band. Numbers are `null` where no value is valid. */
export interface ChannelSummary {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Population standard deviation (divided by n). */
  readonly std: number | null;
  /** Values that are valid by the mask and not NaN. */
  readonly validCount: number;
  /** SHA-256 of the bytes of all its values in C order, valid or not. */
  readonly sha256: string;
}

/** An inspected file in numbers. */
export interface InspectionSummary {
  readonly shape: readonly number[];
  readonly axes: Inspection["axes"];
  readonly dtype: string;
  readonly channels: readonly ChannelSummary[];
  /** SHA-256 of the whole array's bytes. */
  readonly sha256: string;
}

/**
 * Summarises an inspection. The channels are the entries of the axis `samples` or `bands`, all frames and images together;
 * without such an axis there is one. Moments are accumulated in float64 (64-bit integers beyond 2^53 are rounded for them).
 */
export function summariseInspection({ shape, axes, dtype, data, mask }: Inspection): InspectionSummary {
  const axis = axes.findIndex((name) => name === "samples" || name === "bands");
  const count = axis < 0 ? 1 : (shape[axis] as number);
  const inner = axis < 0 ? data.length : product(shape.slice(axis + 1));
  const channels = Array.from({ length: count }, (_, channel) => {
    const at = { channel, count, inner };
    const plane = count === 1 ? data : takePlane(data, at);
    return summarise(plane, mask === undefined || count === 1 ? mask : (takePlane(mask, at) as Uint8Array));
  });
  return { shape, axes, dtype, channels, sha256: sha256(data) };
}

interface PlaneOf {
  readonly channel: number;
  /** Channels. */
  readonly count: number;
  /** Elements that lie together. */
  readonly inner: number;
}

function takePlane(data: StoredArray, { channel, count, inner }: PlaneOf): StoredArray {
  const plane = data.slice(0, data.length / count);
  if (inner === 1) {
    for (let to = 0, from = channel; to < plane.length; to++, from += count) plane[to] = data[from] as never;
    return plane;
  }
  for (let to = 0, from = channel * inner; to < plane.length; to += inner, from += count * inner)
    plane.set(data.subarray(from, from + inner) as never, to);
  return plane;
}

function summarise(plane: StoredArray, mask: Uint8Array | undefined): ChannelSummary {
  let [count, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const valid = (i: number, value: number): boolean => (mask === undefined || mask[i] === 1) && !Number.isNaN(value);
  for (let i = 0; i < plane.length; i++) {
    const value = Number(plane[i]);
    if (!valid(i, value)) continue;
    count += 1;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const hash = sha256(plane);
  if (count === 0) return { min: null, max: null, mean: null, std: null, validCount: 0, sha256: hash };
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < plane.length; i++) {
    const value = Number(plane[i]);
    if (valid(i, value)) squares += (value - mean) ** 2;
  }
  return { min, max, mean, std: Math.sqrt(squares / count), validCount: count, sha256: hash };
}

// typed arrays have the byte order of the machine, and no machine that Node runs on today has another than little-endian but
// for IBM's
function sha256({ buffer, byteOffset, byteLength }: StoredArray): string {
  return createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}
