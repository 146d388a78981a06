/**
 * What sampled images say of a dataset's pixels: distribution of each channel in the values as decoded, share of invalid
 * pixels, whether colours are gray, and a sketch of each image for finding near duplicates. Reads a store row by row.
 */
import type { PixelArray } from "@lejepa/contracts";
import { type Sketch, sketch } from "./duplicates-near.ts";
import type { ImageStore } from "./types.ts";

/** Distribution of the valid values of one channel. */
export interface ChannelDistribution {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  /** Value below which this percentage of the values lies. */
  readonly percentiles: Readonly<Record<"p1" | "p5" | "p25" | "p50" | "p75" | "p95" | "p99", number>>;
  /** Values in `counts.length` equal bins from `from` to `to`; what lies outside is in the outermost bins. */
  readonly histogram: { readonly from: number; readonly to: number; readonly counts: readonly number[] };
}

/** What was found. */
export interface PixelScan {
  readonly images: number;
  readonly channels: readonly ChannelDistribution[];
  /** Share of pixels that are invalid, [0, 1]. */
  readonly invalidShare: number;
  /** Images of which more than half is invalid. */
  readonly mostlyInvalid: number;
  /** Images without any contrast. */
  readonly constant: number;
  /** All channels of every image are equal: gray images stored as colour. */
  readonly gray: boolean;
  /** By row; `undefined` for a constant image. */
  readonly sketches: readonly (Sketch | undefined)[];
}

/** A store; with a `masksFile` also of masks: 1 for a valid pixel, else 0, row after row. */
export type ScannedStore = Pick<ImageStore, "count" | "height" | "width" | "channels" | "read"> & {
  readonly masksFile?: string;
  readMasks?(rows: ArrayLike<number>): Uint8Array;
};

const bins = 64;
const steps = { p1: 1, p5: 5, p25: 25, p50: 50, p75: 75, p95: 95, p99: 99 } as const;
// values of a channel that are kept for percentiles: exact up to that many, of evenly spaced pixels beyond
const keptValues = 1 << 20;

/** Looks at all rows of a store of sampled images. */
export function scanPixels(store: ScannedStore): PixelScan {
  const { count, height, width, channels } = store;
  const stride = Math.max(1, Math.ceil((count * height * width) / keptValues));
  const values: number[][] = Array.from({ length: channels }, () => []);
  const sketches: (Sketch | undefined)[] = [];
  const masked = store.masksFile !== undefined;
  const found = { invalid: 0, mostlyInvalid: 0, gray: channels > 1, next: 0 };
  for (let row = 0; row < count; row++) {
    const pixels = store.read([row]);
    const mask = masked ? store.readMasks?.([row]) : undefined;
    sketches.push(sketch(pixels, store));
    found.gray &&= isGray(pixels, channels);
    if (mask !== undefined) countInvalid(mask, found);
    for (; found.next < height * width; found.next += stride) {
      if (mask !== undefined && mask[found.next] === 0) continue;
      for (const [c, list] of values.entries()) list.push(pixels[found.next * channels + c] as number);
    }
    found.next -= height * width;
  }
  return {
    images: count,
    channels: values.map(distribution),
    invalidShare: found.invalid / (count * height * width),
    mostlyInvalid: found.mostlyInvalid,
    constant: sketches.filter((entry) => entry === undefined).length,
    gray: found.gray,
    sketches,
  };
}

function countInvalid(mask: Uint8Array, found: { invalid: number; mostlyInvalid: number }): void {
  const invalid = mask.reduce((sum, bit) => sum + 1 - bit, 0);
  found.invalid += invalid;
  if (invalid > mask.length / 2) found.mostlyInvalid += 1;
}

function isGray(pixels: PixelArray, channels: number): boolean {
  for (let i = 0; i < pixels.length; i += channels)
    for (let c = 1; c < channels; c++) if (pixels[i + c] !== pixels[i]) return false;
  return true;
}

/** Distribution of values in any order; of none, everything is 0. */
function distribution(list: readonly number[]): ChannelDistribution {
  const values = Float64Array.from(list).sort();
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, count);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const at = (percent: number): number => values[Math.round((percent / 100) * (count - 1))] ?? 0;
  // the last per mille on either side would flatten the picture
  const [from, to] = [at(0.1), at(99.9)];
  const counts = Array.from({ length: bins }, () => 0);
  const width = (to - from) / bins;
  for (const value of values) {
    const bin = width > 0 ? Math.floor((value - from) / width) : 0;
    counts[Math.min(bins - 1, Math.max(0, bin))]! += 1;
  }
  return {
    count,
    min: at(0),
    max: at(100),
    mean,
    std: Math.sqrt(squares / Math.max(1, count)),
    percentiles: Object.fromEntries(
      Object.entries(steps).map(([name, p]) => [name, at(p)]),
    ) as ChannelDistribution["percentiles"],
    histogram: { from, to, counts },
  };
}
