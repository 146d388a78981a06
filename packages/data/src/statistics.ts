/**
 * Mean and standard deviation of each channel over the valid pixels of chosen rows, streamed. Not over the test rows: pass the
 * training split's.
 */
import { LejepaError, type PixelArray } from "@lejepa/contracts";
import { forEachChunk } from "./row-chunks.ts";
import type { ImageStore } from "./types.ts";

/** Statistics of pixels brought to black = 0 and white = 1. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  /** Population standard deviation (divided by n). */
  readonly std: readonly number[];
}

/** The part of a store that statistics read. */
export type PixelSource = Pick<ImageStore, "channels" | "rowElements" | "read" | "readMasks" | "masksFile" | "dtype">;

/**
 * Per-channel mean and standard deviation, in float64, of `(x - black) / (white - black)`. Values of int16 and float32 outside
 * the range count as black or white, which training shows them as. A channel without a valid pixel has mean 0 and std 0.
 *
 * @param range values of black and white; default the store's, else 0 and 1
 * @throws LejepaError E_DATA when `rows` is empty
 */
export function channelStatistics(
  store: PixelSource & Pick<ImageStore, "range">,
  rows: Uint32Array,
  range: readonly [number, number] = store.range ?? [0, 1],
): ChannelStatistics {
  expectRows("channelStatistics", rows);
  const [black, white] = range;
  const clips = store.dtype !== "uint8";
  const { channels } = store;
  const totals = Array.from({ length: channels }, () => ({ count: 0, mean: 0, squares: 0 }));
  forEachChunk(store, rows, (pixels, mask) => {
    const values = clips ? pixels.map((value) => Math.min(Math.max(value, black), white)) : pixels;
    for (const [channel, total] of totals.entries()) {
      const part = mask === undefined ? moments(values, channel, channels) : maskedMoments(values, mask, channel);
      if (part.count > 0) merge(total, part);
    }
  });
  const scale = white - black;
  return {
    mean: totals.map(({ mean, count }) => (count === 0 ? 0 : (mean - black) / scale)),
    std: totals.map(({ squares, count }) => (count === 0 ? 0 : Math.sqrt(squares / count) / scale)),
  };
}

/** Refuses an empty choice of rows. */
export function expectRows(where: string, rows: Uint32Array): void {
  if (rows.length > 0) return;
  throw new LejepaError({ code: "E_DATA", where, expected: "at least one row", got: "none" });
}

interface Moments {
  count: number;
  mean: number;
  /** Sum of squared differences from the mean. */
  squares: number;
}

function moments(pixels: PixelArray, channel: number, channels: number): Moments {
  const count = pixels.length / channels;
  let sum = 0;
  for (let i = channel; i < pixels.length; i += channels) sum += pixels[i] as number;
  const mean = sum / count;
  let squares = 0;
  for (let i = channel; i < pixels.length; i += channels) {
    const difference = (pixels[i] as number) - mean;
    squares += difference * difference;
  }
  return { count, mean, squares };
}

function maskedMoments(pixels: PixelArray, mask: Uint8Array, channel: number): Moments {
  const channels = pixels.length / mask.length;
  let count = 0;
  let sum = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    count += 1;
    sum += pixels[i * channels + channel] as number;
  }
  const mean = sum / Math.max(1, count);
  let squares = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const difference = (pixels[i * channels + channel] as number) - mean;
    squares += difference * difference;
  }
  return { count, mean, squares };
}

// Chan, Golub, LeVeque: combine two sets of moments without cancellation
function merge(total: Moments, part: Moments): void {
  const count = total.count + part.count;
  const difference = part.mean - total.mean;
  total.squares += part.squares + (difference * difference * total.count * part.count) / count;
  total.mean += (difference * part.count) / count;
  total.count = count;
}
