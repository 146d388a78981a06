/**
 * Mean and standard deviation of each channel over chosen rows, streamed. Not over the test rows: pass the training
 * split's. Stored zeros count as zeros; nothing is masked.
 */
import { LejepaError, type PixelArray } from "@lejepa/contracts";
import type { ImageStore } from "./types.ts";

/** Statistics of pixels divided by the store's `fullScale` (so in [0, 1] for uint8 and uint16). */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  /** Population standard deviation (divided by n). */
  readonly std: readonly number[];
}

const chunkBytes = 8 << 20;

/**
 * Per-channel mean and standard deviation, in float64.
 *
 * @throws LejepaError E_DATA when `rows` is empty
 */
export function channelStatistics(store: ImageStore, rows: Uint32Array): ChannelStatistics {
  if (rows.length === 0) {
    throw new LejepaError({ code: "E_DATA", where: "channelStatistics", expected: "at least one row", got: "none" });
  }
  const { channels, rowElements, fullScale } = store;
  const rowsAtOnce = Math.max(1, Math.floor(chunkBytes / (rowElements * 4)));
  const totals = Array.from({ length: channels }, () => ({ count: 0, mean: 0, squares: 0 }));
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const pixels = store.read(rows.subarray(start, start + rowsAtOnce));
    for (const [channel, total] of totals.entries()) merge(total, moments(pixels, channel, channels));
  }
  return {
    mean: totals.map(({ mean }) => mean / fullScale),
    std: totals.map(({ squares, count }) => Math.sqrt(squares / count) / fullScale),
  };
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

// Chan, Golub, LeVeque: combine two sets of moments without cancellation
function merge(total: Moments, part: Moments): void {
  const count = total.count + part.count;
  const difference = part.mean - total.mean;
  total.squares += part.squares + (difference * difference * total.count * part.count) / count;
  total.mean += (difference * part.count) / count;
  total.count = count;
}
