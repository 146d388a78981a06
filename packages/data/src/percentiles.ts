/**
 * Percentiles and histograms of each channel over the valid pixels of chosen rows, streamed: memory does not grow with the rows.
 * And the range of values that is shown as black to white, which follows from them.
 */
import type { PixelType } from "@lejepa/contracts";
import { pixelTypes } from "./pixels.ts";
import { forEachChunk } from "./row-chunks.ts";
import { expectRows, type PixelSource } from "./statistics.ts";
import type { ImageStore } from "./types.ts";

/**
 * Exact percentiles of each channel: the smallest stored value that at least the share `percent / 100` of the valid pixels does
 * not exceed (NumPy's `method="inverted_cdf"`). Two passes over the rows for float32, one else.
 *
 * @returns for each channel one value a percentage; NaN where a channel has no valid pixel
 * @throws LejepaError E_DATA when `rows` is empty
 */
export function channelPercentiles(
  store: PixelSource,
  rows: Uint32Array,
  percentages: readonly number[],
): readonly (readonly number[])[] {
  expectRows("channelPercentiles", rows);
  const coarse = countKeys(store, rows);
  const ranks = coarse.map(({ total }) =>
    percentages.map((percent) => Math.min(total - 1, Math.max(0, Math.ceil((percent / 100) * total) - 1))),
  );
  const bins = coarse.map(({ counts }, channel) => (ranks[channel] as number[]).map((rank) => find(counts, rank)));
  const fine = store.dtype === "float32" ? countTails(store, rows, bins) : undefined;
  return bins.map((found, channel) =>
    found.map(({ bin, below }, i) => {
      if (coarse[channel]?.total === 0) return Number.NaN;
      const rank = ranks[channel]?.[i] as number;
      const tail = fine?.[channel]?.get(bin);
      return tail === undefined ? fromKey(bin, store.dtype) : floatOf(bin, find(tail, rank - below).bin);
    }),
  );
}

/** Counts of each channel's valid values in equal bins over a range. */
export interface ChannelHistogram {
  readonly counts: readonly number[];
  /** Values below and above the range. */
  readonly below: number;
  readonly above: number;
}

/**
 * A histogram of each channel: `bins` equal bins from `range[0]` to `range[1]`, the upper end in the last bin.
 *
 * @throws LejepaError E_DATA when `rows` is empty
 */
export function channelHistograms(
  store: PixelSource,
  rows: Uint32Array,
  { range: [low, high], bins = 64 }: { readonly range: readonly [number, number]; readonly bins?: number },
): readonly ChannelHistogram[] {
  expectRows("channelHistograms", rows);
  const { channels } = store;
  const counts = Array.from({ length: channels }, () => new Float64Array(bins + 2));
  forEachChunk(store, rows, (pixels, mask) => {
    for (let i = 0; i < pixels.length; i++) {
      if (mask !== undefined && mask[Math.floor(i / channels)] === 0) continue;
      const value = pixels[i] as number;
      // bin 0 is below the range, the last one above
      const bin = value === high ? bins : Math.floor(((value - low) / (high - low)) * bins) + 1;
      const own = counts[i % channels] as Float64Array;
      const at = Math.min(Math.max(bin, 0), bins + 1);
      own[at] = (own[at] as number) + 1;
    }
  });
  return counts.map((own) => ({
    counts: [...own.subarray(1, bins + 1)],
    below: own[0] as number,
    above: own[bins + 1] as number,
  }));
}

// enough for a percentile; spread over the rows
const rangeRows = 2048;

/**
 * The stored values that are shown as black and as white: the store's own range, else from the smallest 0.5th to the largest
 * 99.5th percentile of the channels, over at most 2 048 of the rows.
 *
 * @throws LejepaError E_DATA when `rows` is empty
 */
export function valueRange(
  store: PixelSource & Pick<ImageStore, "range">,
  rows: Uint32Array,
): readonly [number, number] {
  if (store.range !== undefined) return store.range;
  const step = Math.max(1, rows.length / rangeRows);
  const some = Uint32Array.from(
    { length: Math.min(rows.length, rangeRows) },
    (_, i) => rows[Math.floor(i * step)] as number,
  );
  const ends = channelPercentiles(store, some, [0.5, 99.5]).filter(([low]) => !Number.isNaN(low));
  const black = Math.min(...ends.map(([low]) => low as number));
  const white = Math.max(...ends.map(([, high]) => high as number));
  if (!(white > black)) return Number.isFinite(black) ? [black, black + 1] : [0, 1];
  return [black, white];
}

// Values as 16-bit numbers in the same order: themselves, or the upper half of a float's bits, turned round for negative ones
const keys = 1 << 16;

interface KeyCounts {
  readonly counts: Float64Array;
  total: number;
}

function countKeys(store: PixelSource, rows: Uint32Array): KeyCounts[] {
  const result = Array.from({ length: store.channels }, () => ({ counts: new Float64Array(keys), total: 0 }));
  forEachKey(store, rows, (channel, key) => {
    const own = result[channel] as KeyCounts;
    const at = store.dtype === "float32" ? key >>> 16 : key;
    own.counts[at] = (own.counts[at] as number) + 1;
    own.total += 1;
  });
  return result;
}

// for the bins that hold a percentile, the lower halves of the values in them
function countTails(
  store: PixelSource,
  rows: Uint32Array,
  bins: readonly (readonly { readonly bin: number }[])[],
): Map<number, Float64Array>[] {
  const result = bins.map((own) => new Map(own.map(({ bin }) => [bin, new Float64Array(keys)])));
  forEachKey(store, rows, (channel, key) => {
    const tail = result[channel]?.get(key >>> 16);
    if (tail !== undefined) tail[key & 0xffff] = (tail[key & 0xffff] as number) + 1;
  });
  return result;
}

function forEachKey(store: PixelSource, rows: Uint32Array, visit: (channel: number, key: number) => void): void {
  const { channels, dtype } = store;
  const shift = dtype === "int16" ? 32_768 : 0;
  forEachChunk(store, rows, (pixels, mask) => {
    const bits = dtype === "float32" ? new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length) : undefined;
    for (let i = 0; i < pixels.length; i++) {
      if (mask !== undefined && mask[Math.floor(i / channels)] === 0) continue;
      visit(i % channels, bits === undefined ? (pixels[i] as number) + shift : orderedBits(bits[i] as number));
    }
  });
}

function orderedBits(bits: number): number {
  return (bits & 0x8000_0000) === 0 ? (bits | 0x8000_0000) >>> 0 : ~bits >>> 0;
}

function floatOf(upper: number, lower: number): number {
  const key = ((upper << 16) | lower) >>> 0;
  const bits = (key & 0x8000_0000) === 0 ? ~key >>> 0 : (key & 0x7fff_ffff) >>> 0;
  return pixelTypes.float32.view(Uint32Array.of(bits).buffer)[0] as number;
}

function fromKey(key: number, dtype: PixelType): number {
  return dtype === "int16" ? key - 32_768 : key;
}

/** The bin that holds the value of this rank, and how many values lie in bins before it. */
function find(counts: Float64Array, rank: number): { readonly bin: number; readonly below: number } {
  let below = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const here = counts[bin] as number;
    if (below + here > rank) return { bin, below };
    below += here;
  }
  return { bin: counts.length - 1, below };
}
