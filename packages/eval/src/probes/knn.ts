// Weighted nearest neighbours on the unit sphere (Wu et al. 2018, section 3.4, as in DINO and LeJEPA). Exact, by brute
// force on the engine; not an index for millions of images.
import { LejepaError } from "@lejepa/contracts";
import type { Engine } from "@lejepa/engine";
import { type Matrix, pickRows, unitRows } from "../matrix.ts";
import { predictedClasses } from "../statistics/metrics.ts";
import { createKernel, type Kernel } from "./kernel.ts";

/** Labelled features to vote, features to classify. */
export interface KnnOptions {
  readonly train: Matrix;
  /** Class of each training row, 0 .. classes-1. */
  readonly labels: ArrayLike<number>;
  readonly test: Matrix;
  readonly classes: number;
  /** Neighbours that vote; default 20, at most the training rows. */
  readonly k?: number | undefined;
  /** Default 0.07. */
  readonly temperature?: number | undefined;
}

/** The nearest training rows of each test row, most similar first. */
export interface Neighbours {
  /** Neighbours of each row. */
  readonly k: number;
  /** `[test rows, k]` training rows. */
  readonly index: Int32Array;
  /** `[test rows, k]` cosine similarities. */
  readonly similarity: Float32Array;
}

/**
 * The `k` rows of `train` with the largest cosine similarity to each row of `test`; equal ones by row number.
 *
 * @throws LejepaError E_SHAPE when the columns differ or there are no training rows
 */
export async function nearestNeighbours(engine: Engine, train: Matrix, test: Matrix, k: number): Promise<Neighbours> {
  const kernel = createKernel(engine);
  try {
    return await findNeighbours(kernel, { train: unitRows(train), asked: unitRows(test), k });
  } finally {
    await kernel.dispose();
  }
}

/** Rows of length 1 to find among and to ask for. */
export interface NeighbourQuery {
  readonly train: Matrix;
  readonly asked: Matrix;
  readonly k: number;
}

// queries at a time: one program, and the similarities of a block in memory
const block = 512;

/**
 * {@link nearestNeighbours} of rows of length 1.
 * @throws LejepaError E_SHAPE
 */
export async function findNeighbours(kernel: Kernel, { train, asked, k }: NeighbourQuery): Promise<Neighbours> {
  if (train.columns !== asked.columns || train.rows === 0) {
    const expected = `${asked.columns} columns and at least one row`;
    throw new LejepaError({ code: "E_SHAPE", where: "kNN: train", expected, got: `[${train.rows}, ${train.columns}]` });
  }
  const kept = Math.min(k, train.rows);
  const index = new Int32Array(asked.rows * kept);
  const similarity = new Float32Array(asked.rows * kept).fill(-Infinity);
  const known = await kernel.upload(train);
  for (let start = 0; start < asked.rows; start += block) {
    const rows = Array.from({ length: Math.min(block, asked.rows - start) }, (_, i) => start + i);
    const cosines = await kernel.products(pickRows(asked, rows, block - rows.length), known);
    for (const row of rows) {
      const values = cosines.data.subarray((row - start) * train.rows, (row - start + 1) * train.rows);
      keepLargest(
        values,
        similarity.subarray(row * kept, (row + 1) * kept),
        index.subarray(row * kept, (row + 1) * kept),
      );
    }
  }
  known.dispose();
  return { k: kept, index, similarity };
}

function keepLargest(values: Float32Array, best: Float32Array, rows: Int32Array): void {
  const last = best.length - 1;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value <= (best[last] as number)) continue;
    let at = last;
    for (; at > 0 && value > (best[at - 1] as number); at--) {
      best[at] = best[at - 1] as number;
      rows[at] = rows[at - 1] as number;
    }
    best[at] = value;
    rows[at] = row;
  }
}

/**
 * Means of the neighbours' values, weighted by `exp(cosine / temperature)`: shares of the votes for one-hot rows,
 * probabilities for labels, predictions for numbers. Unknown values (NaN) have no vote; 0 where no neighbour has one.
 *
 * @param values `[training rows, outputs]`
 * @param k at most the neighbours' own
 * @returns `[test rows, outputs]`
 */
export function voteOfNeighbours(
  neighbours: Neighbours,
  values: Matrix,
  { k, temperature = 0.07 }: { readonly k: number; readonly temperature?: number | undefined },
): Matrix {
  const { columns } = values;
  const rows = neighbours.index.length / neighbours.k;
  const data = new Float32Array(rows * columns);
  const [sums, weights] = [new Float64Array(columns), new Float64Array(columns)];
  for (let i = 0; i < rows; i++) {
    sums.fill(0);
    weights.fill(0);
    for (let n = i * neighbours.k; n < i * neighbours.k + Math.min(k, neighbours.k); n++) {
      // minus 1: no overflow at low temperatures
      const weight = Math.exp(((neighbours.similarity[n] as number) - 1) / temperature);
      const at = (neighbours.index[n] as number) * columns;
      for (let j = 0; j < columns; j++) {
        const value = values.data[at + j] as number;
        if (Number.isNaN(value)) continue;
        sums[j] = (sums[j] as number) + weight * value;
        weights[j] = (weights[j] as number) + weight;
      }
    }
    for (let j = 0; j < columns; j++)
      data[i * columns + j] = weights[j] === 0 ? 0 : (sums[j] as number) / (weights[j] as number);
  }
  return { data, rows, columns };
}

/**
 * Classes by a vote of the nearest neighbours: `argmax_c sum over neighbours of class c of exp(cosine / temperature)`.
 * Equal votes go to the smaller class.
 *
 * @returns class of each test row
 * @throws LejepaError E_SHAPE when features and labels do not fit
 */
export async function knnClassify(engine: Engine, options: KnnOptions): Promise<Int32Array> {
  const { train, labels, test, classes, k = 20, temperature } = options;
  if (labels.length !== train.rows) {
    const [expected, got] = [`${train.rows}`, `${labels.length}`];
    throw new LejepaError({ code: "E_SHAPE", where: "kNN: labels", expected, got });
  }
  const neighbours = await nearestNeighbours(engine, train, test, k);
  return predictedClasses(voteOfNeighbours(neighbours, oneHot(labels, classes), { k, temperature }));
}

/** `[labels, classes]`: 1 at the class of each row. */
export function oneHot(labels: ArrayLike<number>, classes: number): Matrix {
  const data = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) data[i * classes + (labels[i] as number)] = 1;
  return { data, rows: labels.length, columns: classes };
}
