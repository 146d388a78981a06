/**
 * What sampled images say of a dataset's pixels: distribution of each channel in the values as decoded, share of invalid
 * pixels, whether colours are gray, and a sketch of each image for finding near duplicates. Reads a store row by row.
 */
import type { PixelArray } from "@lejepa/contracts";
import { type Sketch, sketch } from "./duplicates-near.ts";
import { channelHistograms, channelPercentiles } from "./percentiles.ts";
import { channelStatistics, type PixelSource } from "./statistics.ts";
import type { ImageStore } from "./types.ts";

/** Distribution of the valid values of one channel; of a channel without any, everything is 0. */
export interface ChannelDistribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  /** Value below which this percentage of the values lies. */
  readonly percentiles: Readonly<Record<"p1" | "p5" | "p25" | "p50" | "p75" | "p95" | "p99", number>>;
  /** Values in `counts.length` equal bins from `from` to `to`, the same for all channels; what lies outside is in none. */
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

/** The part of a store that is looked at. */
export type ScannedStore = PixelSource & Pick<ImageStore, "count" | "height" | "width">;

const steps = { p1: 1, p5: 5, p25: 25, p50: 50, p75: 75, p95: 95, p99: 99 } as const;
// the last per mille on either side would flatten a histogram
const tails = [0.1, 99.9] as const;

/** Looks at all rows of a store of sampled images. */
export function scanPixels(store: ScannedStore): PixelScan {
  const { count, height, width, channels } = store;
  const sketches: (Sketch | undefined)[] = [];
  const found = { invalid: 0, mostlyInvalid: 0, gray: channels > 1 };
  for (let row = 0; row < count; row++) {
    const pixels = store.read([row]);
    sketches.push(sketch(pixels, store));
    found.gray &&= isGray(pixels, channels);
    if (store.masksFile !== undefined) countInvalid(store.readMasks([row]), found);
  }
  return {
    images: count,
    channels: distributions(store),
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

function distributions(store: ScannedStore): ChannelDistribution[] {
  const rows = Uint32Array.from({ length: store.count }, (_, row) => row);
  const percentages = [0, 100, ...tails, ...Object.values(steps)];
  const values = channelPercentiles(store, rows, percentages).map((list) => list.map((value) => value || 0));
  const column = (i: number): number[] => values.map((list) => list[i] as number);
  const [low, high] = [Math.min(...column(0)), Math.max(...column(1))];
  // of values between 0 and 1, so that nothing is cut off
  const { mean, std } = channelStatistics(store, rows, [low, high > low ? high : low + 1]);
  const scale = high > low ? high - low : 1;
  const [from, to] = [Math.min(...column(2)), Math.max(...column(3))];
  const histograms = channelHistograms(store, rows, { range: [from, to > from ? to : from + 1] });
  return values.map(([min, max, , , ...rest], channel) => ({
    min: min as number,
    max: max as number,
    mean: low + (mean[channel] as number) * scale,
    std: (std[channel] as number) * scale,
    percentiles: Object.fromEntries(
      Object.keys(steps).map((name, i) => [name, rest[i] as number]),
    ) as ChannelDistribution["percentiles"],
    histogram: { from, to, counts: histograms[channel]?.counts ?? [] },
  }));
}
