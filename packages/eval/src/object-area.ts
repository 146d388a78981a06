// How much of an image its object covers, where there is one on a plain background. A rule of thumb, not a segmentation.
import type { ImageStore } from "@lejepa/data";

type Form = Pick<ImageStore, "height" | "width" | "channels">;

/**
 * Share of an image's area that differs from its background: from the median along the border by more than four times the border's
 * spread (1.4826 times the median absolute deviation, Gaussian noise's standard deviation) and by a tenth of what the image reaches.
 * `undefined` where the border is no plain background (a tenth of it differs, too), or nothing stands out.
 *
 * @param pixels height, width, channels; channels are averaged
 */
export function objectArea(pixels: ArrayLike<number>, { height, width, channels }: Form): number | undefined {
  const gray = Float64Array.from({ length: height * width }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += pixels[i * channels + c] as number;
    return sum / channels;
  });
  const ring = Math.max(1, Math.round(Math.min(height, width) / 16));
  const isBorder = (i: number): boolean => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.min(x, y, width - 1 - x, height - 1 - y) < ring;
  };
  const border = gray.filter((_, i) => isBorder(i));
  const background = median(border);
  const away = gray.map((value) => Math.abs(value - background));
  const largest = away.reduce((a, b) => Math.max(a, b), 0);
  const threshold = Math.max(4 * 1.4826 * median(border.map((value) => Math.abs(value - background))), largest / 10);
  const share = (values: Float64Array): number => values.filter((value) => value > threshold).length / values.length;
  const area = share(away);
  return share(away.filter((_, i) => isBorder(i))) < 0.1 && area > 0.002 ? area : undefined;
}

/** The median of {@link objectArea} over rows of a store; `undefined` unless at least 60 % of the images have an object. */
export function medianObjectArea(store: Form & Pick<ImageStore, "read">, rows: readonly number[]): number | undefined {
  const areas = rows.flatMap((row) => objectArea(store.read([row]), store) ?? []);
  return areas.length > 0 && areas.length >= 0.6 * rows.length ? median(Float64Array.from(areas)) : undefined;
}

function median(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/**
 * The smallest share of an image's area that a crop must have so that every crop shows a quarter of the width and height of a square object in the
 * middle, wherever the crop lies: a crop of side c in a corner ends at c, the object of side s begins at (1 - s) / 2, so
 * c = (1 - s) / 2 + s / 4.
 */
export function leastCropArea(area: number): number {
  return (1 / 2 - Math.sqrt(area) / 4) ** 2;
}

/** Whether crops from this share of an image's area on can miss an object of that share: well below {@link leastCropArea}, a small object. */
export function cropsMiss(objectShare: number, cropShare: number): boolean {
  return objectShare < 0.25 && cropShare < 0.7 * leastCropArea(objectShare);
}
