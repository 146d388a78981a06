// Weighted nearest neighbours on the unit sphere (Wu et al. 2018, section 3.4, as in DINO and LeJEPA). Exact, by brute
// force; not an index for millions of images.
import { LejepaError } from "@lejepa/contracts";
import { type Matrix, unitRows } from "./matrix.ts";

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
export function nearestNeighbours(train: Matrix, test: Matrix, k: number): Neighbours {
  if (train.columns !== test.columns || train.rows === 0) {
    const expected = `${test.columns} columns and at least one row`;
    throw new LejepaError({ code: "E_SHAPE", where: "kNN: train", expected, got: `[${train.rows}, ${train.columns}]` });
  }
  const kept = Math.min(k, train.rows);
  const known = unitRows(train);
  const asked = unitRows(test);
  const index = new Int32Array(test.rows * kept);
  const similarity = new Float32Array(test.rows * kept);
  for (let i = 0; i < test.rows; i++) {
    const best = similarity.subarray(i * kept, (i + 1) * kept).fill(-Infinity);
    const rows = index.subarray(i * kept, (i + 1) * kept);
    for (let t = 0; t < train.rows; t++) {
      insert(best, rows, {
        value: dot(known.data, t * train.columns, asked.data, i * train.columns, train.columns),
        row: t,
      });
    }
  }
  return { k: kept, index, similarity };
}

// four sums: otherwise each addition waits for the one before
function dot(a: Float32Array, i: number, b: Float32Array, j: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let c = 0;
  for (; c + 3 < length; c += 4) {
    s0 += (a[i + c] as number) * (b[j + c] as number);
    s1 += (a[i + c + 1] as number) * (b[j + c + 1] as number);
    s2 += (a[i + c + 2] as number) * (b[j + c + 2] as number);
    s3 += (a[i + c + 3] as number) * (b[j + c + 3] as number);
  }
  for (; c < length; c++) s0 += (a[i + c] as number) * (b[j + c] as number);
  return s0 + s1 + s2 + s3;
}

function insert(
  best: Float32Array,
  rows: Int32Array,
  { value, row }: { readonly value: number; readonly row: number },
): void {
  let at = best.length - 1;
  if (value <= (best[at] as number)) return;
  for (; at > 0 && value > (best[at - 1] as number); at--) {
    best[at] = best[at - 1] as number;
    rows[at] = rows[at - 1] as number;
  }
  best[at] = value;
  rows[at] = row;
}

/**
 * Classes by a vote of the nearest neighbours: `argmax_c sum over neighbours of class c of exp(cosine / temperature)`.
 * Equal votes go to the smaller class.
 *
 * @returns class of each test row
 * @throws LejepaError E_SHAPE when features and labels do not fit
 */
export function knnClassify({ train, labels, test, classes, k = 20, temperature = 0.07 }: KnnOptions): Int32Array {
  if (labels.length !== train.rows) {
    throw new LejepaError({
      code: "E_SHAPE",
      where: "kNN: labels",
      expected: `${train.rows}`,
      got: `${labels.length}`,
    });
  }
  const neighbours = nearestNeighbours(train, test, k);
  const votes = new Float64Array(classes);
  return Int32Array.from({ length: test.rows }, (_, i) => {
    votes.fill(0);
    for (let n = i * neighbours.k; n < (i + 1) * neighbours.k; n++) {
      const label = labels[neighbours.index[n] as number] as number;
      // minus 1: no overflow at low temperatures
      votes[label] = (votes[label] as number) + Math.exp(((neighbours.similarity[n] as number) - 1) / temperature);
    }
    return votes.indexOf(Math.max(...votes));
  });
}
