// How alike two views of one image are, against views of different images. Vectors in, numbers out; what follows from them is the
// caller's to say.
import { LejepaError } from "@lejepa/contracts";
import { type Matrix, matrix, unitRows } from "./matrix.ts";
import { type MeanInterval, meanInterval } from "./statistics/estimate.ts";

/** Vectors of views, view-major: row `view * images + image`. */
export interface ViewVectors {
  readonly vectors: Matrix;
  readonly images: number;
}

/** 5th percentile, median and 95th percentile of cosines. */
export interface Spread {
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
}

/** What was found. */
export interface Separability {
  /**
   * Area under the ROC curve of telling, by their cosine, a pair of views of one image from a pair of views of two: 1/2 by chance, 1
   * without error. Of each image (its own views against each other, and against all views of others); mean, 95 % interval and values
   * over the images.
   */
  readonly auroc: MeanInterval;
  readonly same: Spread;
  readonly different: Spread;
}

/**
 * Separability of pairs of views, one of each of the two sets (the same set twice: pairs of two different views in it). Vectors are
 * centred on the mean of their set: what all views share says nothing about any.
 *
 * @throws LejepaError E_SHAPE with fewer than 2 images, other numbers of images or columns, or without a pair of one image
 */
export function separability(first: ViewVectors, second: ViewVectors = first): Separability {
  const { images } = first;
  check(first, second);
  const a = unitRows(centred(first.vectors));
  const b = first === second ? a : unitRows(centred(second.vectors));
  const areas: number[] = [];
  const same: number[] = [];
  const different: number[] = [];
  for (let image = 0; image < images; image++) {
    const own: number[] = [];
    const others: number[] = [];
    for (let i = image; i < a.rows; i += images) {
      for (let j = 0; j < b.rows; j++) {
        if (first === second && i === j) continue;
        (j % images === image ? own : others).push(dot(a, i, b, j));
      }
    }
    areas.push(auroc(own, others));
    same.push(...own);
    different.push(...others);
  }
  return { auroc: meanInterval(areas), same: spread(same), different: spread(different) };
}

function check(first: ViewVectors, second: ViewVectors): void {
  const pairs = first === second ? first.vectors.rows > first.images : second.vectors.rows > 0;
  const fit = first.images === second.images && first.vectors.columns === second.vectors.columns;
  if (first.images >= 2 && fit && pairs) return;
  const shape = ({ vectors: { rows, columns }, images }: ViewVectors): string => `[${rows}, ${columns}] of ${images}`;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "separability",
    expected: "two views of each of at least 2 images, in vectors of one length",
    got: `${shape(first)} and ${shape(second)}`,
  });
}

/**
 * Area under the ROC curve: the share of pairs (positive, negative) in which the positive one is larger, ties counted by half
 * (Mann and Whitney's U over the number of pairs).
 */
export function auroc(positive: readonly number[], negative: readonly number[]): number {
  const sorted = Float64Array.from(negative).sort();
  let won = 0;
  for (const value of positive) won += (below(sorted, value, false) + below(sorted, value, true)) / 2;
  return won / (positive.length * negative.length);
}

// how many are < value, or <= value
function below(sorted: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const seen = sorted[middle] as number;
    if (seen < value || (orEqual && seen === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return { p5: at(0.05), median: at(0.5), p95: at(0.95) };
}

function centred({ data, rows, columns }: Matrix): Matrix {
  const means = new Float64Array(columns);
  for (let i = 0; i < data.length; i++)
    means[i % columns] = (means[i % columns] as number) + (data[i] as number) / rows;
  return matrix(
    data.map((value, i) => value - (means[i % columns] as number)),
    rows,
    columns,
  );
}

function dot(a: Matrix, i: number, b: Matrix, j: number): number {
  let sum = 0;
  for (let c = 0; c < a.columns; c++)
    sum += (a.data[i * a.columns + c] as number) * (b.data[j * b.columns + c] as number);
  return sum;
}

/**
 * Views averaged over a grid of `grid` x `grid` cells, channel by channel: `[rows, channels * grid * grid]`. What can be told from
 * colours and coarse shapes alone.
 *
 * @param pixels `[rows, channels, size, size]`
 */
export function gridMeans(
  pixels: Float32Array,
  { channels, size, grid }: { readonly channels: number; readonly size: number; readonly grid: number },
): Matrix {
  const planes = pixels.length / size ** 2;
  const cell = Int32Array.from({ length: size }, (_, x) => Math.floor((x * grid) / size));
  const counts = new Float64Array(grid);
  for (const x of cell) counts[x] = (counts[x] as number) + 1;
  const out = new Float32Array(planes * grid ** 2);
  for (let i = 0; i < pixels.length; i++) {
    const plane = Math.floor(i / size ** 2);
    const y = cell[Math.floor(i / size) % size] as number;
    const x = cell[i % size] as number;
    const at = plane * grid ** 2 + y * grid + x;
    out[at] = (out[at] as number) + (pixels[i] as number) / ((counts[y] as number) * (counts[x] as number));
  }
  return matrix(out, planes / channels, channels * grid ** 2);
}
