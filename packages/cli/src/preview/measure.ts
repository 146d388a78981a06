// What can be counted on drawn views: histograms before and after, clipped and missing pixels, crops that show nothing. No words.
import type { ViewSpec } from "@lejepa/augment";
import type { ImageStore } from "@lejepa/data";
import type { PreviewGroup } from "@lejepa/eval";

/** Values of one channel where black is 0 and white is 1. */
export interface BandCounts {
  /** Equal bins from black to white. */
  readonly counts: readonly number[];
  /** Share of values at or beyond black or white. */
  readonly clipped: number;
  readonly mean: number;
  readonly std: number;
}

const bins = 64;

/** Collects values of one channel. */
function counter(): { add(value: number): void; result(): BandCounts } {
  const counts = Array.from({ length: bins }, () => 0);
  const sums = { all: 0, clipped: 0, value: 0, squares: 0 };
  return {
    add(given) {
      const value = Math.min(1, Math.max(0, given));
      const bin = Math.min(bins - 1, Math.floor(value * bins));
      counts[bin] = (counts[bin] as number) + 1;
      sums.all++;
      if (value < 1e-5 || value > 1 - 1e-5) sums.clipped++;
      sums.value += value;
      sums.squares += value * value;
    },
    result() {
      const all = Math.max(1, sums.all);
      const mean = sums.value / all;
      return { counts, clipped: sums.clipped / all, mean, std: Math.sqrt(Math.max(0, sums.squares / all - mean ** 2)) };
    },
  };
}

/** Channels of the stored images, valid pixels alone. */
export function countStored(
  store: ImageStore,
  rows: readonly number[],
  [black, white]: readonly [number, number],
): BandCounts[] {
  const { channels, masksFile } = store;
  const counters = Array.from({ length: channels }, counter);
  for (const row of rows) {
    const pixels = store.read([row]);
    const mask = masksFile === undefined ? undefined : store.readMasks([row]);
    for (let i = 0; i < pixels.length; i++) {
      if (mask?.[Math.floor(i / channels)] === 0) continue;
      counters[i % channels]?.add(((pixels[i] as number) - black) / (white - black));
    }
  }
  return counters.map((one) => one.result());
}

/** Channels of all views, and the share of their pixels that are invalid: exactly 0 in every channel, where images have masks. */
export function countViews(
  groups: readonly PreviewGroup[],
  { mean, std, image: { masked = false } }: ViewSpec,
): { readonly bands: BandCounts[]; readonly invalid: number } {
  const channels = mean.length;
  const counters = Array.from({ length: channels }, counter);
  const seen = { all: 0, invalid: 0 };
  for (const { pixels, size } of groups) {
    const area = size ** 2;
    for (let start = 0; start < pixels.length; start += channels * area) {
      for (let i = 0; i < area; i++) {
        seen.all++;
        if (masked && isZero(pixels, start + i, { area, channels })) {
          seen.invalid++;
          continue;
        }
        for (let c = 0; c < channels; c++)
          counters[c]?.add((pixels[start + c * area + i] as number) * (std[c] as number) + (mean[c] as number));
      }
    }
  }
  return { bands: counters.map((one) => one.result()), invalid: seen.invalid / Math.max(1, seen.all) };
}

function isZero(
  pixels: Float32Array,
  at: number,
  { area, channels }: { readonly area: number; readonly channels: number },
): boolean {
  for (let c = 0; c < channels; c++) if (pixels[at + c * area] !== 0) return false;
  return true;
}

/** Standard deviation of an image's or a view's values, channels averaged. `of(pixel, channel)` reads one. */
function deviation(area: number, channels: number, of: (pixel: number, channel: number) => number): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < area; i++) {
    let value = 0;
    for (let c = 0; c < channels; c++) value += of(i, c) / channels;
    [sum, squares] = [sum + value, squares + value * value];
  }
  return Math.sqrt(Math.max(0, squares / area - (sum / area) ** 2));
}

/**
 * Contrast of each view of a group: the standard deviation of its values over that of its image; 1 for an image without any. Both
 * where black is 0 and white is 1. View-major, as the group.
 */
export function viewContrasts(
  { pixels, size, views: count }: Pick<PreviewGroup, "pixels" | "size" | "views">,
  store: Pick<ImageStore, "read" | "count" | "height" | "width">,
  {
    mean,
    std,
    image,
  }: Pick<ViewSpec, "mean" | "std"> & { readonly image: { readonly range?: readonly [number, number] } },
): number[] {
  const channels = mean.length;
  const area = size ** 2;
  const [black, white] = image.range ?? [0, 1];
  const contrasts = Array.from({ length: store.count * count }, () => 1);
  for (let row = 0; row < store.count; row++) {
    const stored = store.read([row]);
    const clipped = (i: number, c: number): number =>
      Math.min(1, Math.max(0, ((stored[i * channels + c] as number) - black) / (white - black)));
    const whole = deviation(store.height * store.width, channels, clipped);
    if (whole === 0) continue;
    for (let view = 0; view < count; view++) {
      const at = view * store.count + row;
      const value = (i: number, c: number): number =>
        (pixels[(at * channels + c) * area + i] as number) * (std[c] as number) + (mean[c] as number);
      contrasts[at] = deviation(area, channels, value) / whole;
    }
  }
  return contrasts;
}
