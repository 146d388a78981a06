// Features of one encoder as the probes want them, prepared once for all draws. No fitting here.
import { LejepaError } from "@lejepa/contracts";
import { columnScaling, layerNormRows, type Matrix, pickRows, scaleColumns, unitRows } from "../matrix.ts";
import type { Problem } from "../targets.ts";

/** Features of all rows by one encoder: of one seed of it. */
export interface SeedFeatures {
  /** `[rows, *]`: for kNN and class means. */
  readonly embedding: Matrix;
  /** `[rows, *]`: for linear models, as the encoder gives it. */
  readonly probe: Matrix;
}

/** Rows of the three splits. */
export type BySplit = Readonly<Record<"train" | "validation" | "test", Matrix>>;

/** What the probes learn from. */
export interface PreparedFeatures {
  /** Rows of length 1. */
  readonly unit: BySplit;
  /** Layer-normalised rows of `probe`. */
  readonly normed: BySplit;
  /**
   * The same, each column standardised by mean and deviation of the whole training split: that needs no labels, and a single
   * shot could not tell them.
   */
  readonly standard: BySplit;
}

/**
 * @param layerNorm whether rows of `probe` are layer-normalised (not for pixels)
 * @throws LejepaError E_SHAPE for too few rows, E_NAN for values that are not finite: how many rows, and whose
 */
export function prepareFeatures(
  { embedding, probe }: SeedFeatures,
  { name, problem, layerNorm }: { readonly name: string; readonly problem: Problem; readonly layerNorm: boolean },
): PreparedFeatures {
  const cut = (m: Matrix): BySplit => ({
    train: checked(m, problem.train.rows, name),
    validation: checked(m, problem.validation.rows, name),
    test: checked(m, problem.test.rows, name),
  });
  const unit = mapSplits(cut(embedding), unitRows);
  const normed = mapSplits(cut(probe), layerNorm ? layerNormRows : (m) => m);
  const scaling = columnScaling(normed.train);
  return { unit, normed, standard: mapSplits(normed, (m) => scaleColumns(m, scaling)) };
}

const mapSplits = ({ train, validation, test }: BySplit, f: (m: Matrix) => Matrix): BySplit => ({
  train: f(train),
  validation: f(validation),
  test: f(test),
});

function checked(m: Matrix, rows: Uint32Array, name: string): Matrix {
  const where = `compare: ${JSON.stringify(name)}`;
  const beyond = rows.find((row) => row >= m.rows);
  if (beyond !== undefined) {
    const got = `${m.rows} rows`;
    throw new LejepaError({ code: "E_SHAPE", where, expected: `features of row ${beyond}`, got });
  }
  const picked = pickRows(m, rows);
  let bad = 0;
  for (let i = 0; i < picked.rows; i++) {
    const row = picked.data.subarray(i * m.columns, (i + 1) * m.columns);
    if (!row.every((value) => Number.isFinite(value))) bad++;
  }
  if (bad === 0) return picked;
  const got = `NaN or infinity in ${bad} of ${picked.rows} rows`;
  const hint = "The encoder is broken, or was given images that it does not know (size, range, type).";
  throw new LejepaError({ code: "E_NAN", where, expected: "finite features", got, hint });
}
