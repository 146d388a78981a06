// Pixels as features, without any network: averages over a grid, and their principal components. Not a picture of anything.
import { stream } from "@lejepa/contracts";
import { type ImageStore, valueRange } from "@lejepa/data";
import { EigenvalueDecomposition } from "ml-matrix";
import { type Matrix, matrix } from "../matrix.ts";

/** Options of {@link pixelFeatures}. */
export interface PixelFeatureOptions {
  readonly rows?: Uint32Array;
  readonly grid?: number;
  readonly range?: readonly [number, number];
}

/**
 * Pixels as features: the image averaged over a grid of `grid` x `grid` cells (fewer for smaller images), black = 0 and
 * white = 1; the baseline without any network.
 *
 * @param options `range`: values of black and of white, by default the store's, or its percentiles over the rows
 * @returns `[rows, cells * cells * channels]`
 */
export function pixelFeatures(
  store: ImageStore,
  {
    rows = Uint32Array.from({ length: store.count }, (_, i) => i),
    grid = 16,
    range = valueRange(store, rows),
  }: PixelFeatureOptions = {},
): Matrix {
  const { height, width, channels, rowElements } = store;
  const [black, white] = range;
  const down = Math.min(grid, height);
  const across = Math.min(grid, width);
  const columns = down * across * channels;
  const data = new Float32Array(rows.length * columns);
  const counts = new Float32Array(columns);
  const cells = cellOfElement(store, { down, across });
  for (const cell of cells) counts[cell] = (counts[cell] as number) + white - black;
  for (let i = 0; i < rows.length; i++) {
    const pixels = store.read(rows.subarray(i, i + 1));
    const row = data.subarray(i * columns, (i + 1) * columns);
    for (let e = 0; e < rowElements; e++)
      row[cells[e] as number] = (row[cells[e] as number] as number) + clip(pixels[e] as number, black, white) - black;
    for (let j = 0; j < columns; j++) row[j] = (row[j] as number) / (counts[j] as number);
  }
  return matrix(data, rows.length, columns);
}

const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

function cellOfElement(
  { height, width, channels }: ImageStore,
  { down, across }: { readonly down: number; readonly across: number },
): Int32Array {
  return Int32Array.from({ length: height * width * channels }, (_, e) => {
    const x = Math.floor(e / channels) % width;
    const y = Math.floor(e / (channels * width));
    return (Math.floor((y * down) / height) * across + Math.floor((x * across) / width)) * channels + (e % channels);
  });
}

/** Principal components. */
export interface Components {
  /** Of each column. */
  readonly mean: Float64Array;
  /** `[components, columns]`, unit rows, by falling variance. */
  readonly directions: Matrix;
  /** Share of the variance that they hold. */
  readonly share: number;
}

// extra directions and rounds of the iteration: together they bring the last component's subspace to working precision on
// spectra of images
const extra = 16;
const rounds = 24;

/**
 * The first principal components of rows, by subspace iteration on the covariance (Halko, Martinsson & Tropp 2011), in
 * float64; the same result every time. O(rows columns^2 + columns^2 count).
 *
 * @param count how many; at most the columns, and one less than the rows
 */
export function principalComponents(features: Matrix, count: number): Components {
  const { columns, rows } = features;
  const kept = Math.max(1, Math.min(count, columns, rows - 1));
  const width = Math.min(columns, kept + extra);
  const { mean, covariance } = covarianceOf(features);
  let basis = Float64Array.from(stream(0, "principal-components").fillNormal(new Float32Array(width * columns)));
  orthonormalise(basis, columns);
  for (let round = 0; round < rounds; round++) {
    basis = timesSymmetric(basis, covariance, columns);
    orthonormalise(basis, columns);
  }
  const moved = timesSymmetric(basis, covariance, columns);
  const row = (all: Float64Array, i: number): Float64Array => all.subarray(i * columns, (i + 1) * columns);
  const small = Array.from({ length: width }, (_, i) =>
    Array.from(
      { length: width },
      (__, j) => (dot(row(basis, i), row(moved, j)) + dot(row(basis, j), row(moved, i))) / 2,
    ),
  );
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(small, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number))
    .slice(0, kept);
  const directions = new Float32Array(kept * columns);
  for (const [k, i] of order.entries()) {
    for (const [l, weight] of eigenvectorMatrix.getColumn(i).entries()) {
      for (let j = 0; j < columns; j++)
        directions[k * columns + j] =
          (directions[k * columns + j] as number) + weight * (basis[l * columns + j] as number);
    }
  }
  let total = 0;
  for (let j = 0; j < columns; j++) total += covariance[j * columns + j] as number;
  const held = order.reduce((sum, i) => sum + (realEigenvalues[i] as number), 0);
  return { mean, directions: matrix(directions, kept, columns), share: total > 0 ? held / total : 1 };
}

function covarianceOf({ data, rows, columns }: Matrix): { mean: Float64Array; covariance: Float64Array } {
  const mean = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) mean[i % columns] = (mean[i % columns] as number) + (data[i] as number) / rows;
  const covariance = new Float64Array(columns * columns);
  const centred = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) centred[j] = (data[i * columns + j] as number) - (mean[j] as number);
    for (let a = 0; a < columns; a++) {
      const value = (centred[a] as number) / Math.max(1, rows - 1);
      for (let b = 0; b <= a; b++)
        covariance[a * columns + b] = (covariance[a * columns + b] as number) + value * (centred[b] as number);
    }
  }
  for (let a = 0; a < columns; a++)
    for (let b = 0; b < a; b++) covariance[b * columns + a] = covariance[a * columns + b] as number;
  return { mean, covariance };
}

/** Each row of `basis` times the symmetric matrix. */
function timesSymmetric(basis: Float64Array, symmetric: Float64Array, columns: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(basis.length);
  for (let start = 0; start < basis.length; start += columns) {
    const row = basis.subarray(start, start + columns);
    for (let j = 0; j < columns; j++) out[start + j] = dot(row, symmetric.subarray(j * columns, (j + 1) * columns));
  }
  return out;
}

/** Gram-Schmidt on the rows, in place; each row twice, which is enough (Giraud et al. 2005). */
function orthonormalise(basis: Float64Array, columns: number): void {
  for (let start = 0; start < basis.length; start += columns) {
    const row = basis.subarray(start, start + columns);
    for (let before = 0; before < 2 * start; before += columns) {
      const other = basis.subarray(before % start, (before % start) + columns);
      const along = dot(row, other);
      for (let j = 0; j < columns; j++) row[j] = (row[j] as number) - along * (other[j] as number);
    }
    const length = Math.sqrt(dot(row, row));
    // a direction without variance of its own is left out
    for (let j = 0; j < columns; j++) row[j] = length > 1e-200 ? (row[j] as number) / length : 0;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

/** Rows on components: `[rows, components]`. */
export function project({ data, rows, columns }: Matrix, { mean, directions }: Components): Matrix {
  const out = new Float32Array(rows * directions.rows);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < directions.rows; k++) {
      let sum = 0;
      for (let j = 0; j < columns; j++)
        sum += ((data[i * columns + j] as number) - (mean[j] as number)) * (directions.data[k * columns + j] as number);
      out[i * directions.rows + k] = sum;
    }
  }
  return matrix(out, rows, directions.rows);
}
