// Areas under the ROC curve and average precision of weighted rows, in one pass over rows sorted once. Not a choice of
// classes or averages: that is `metrics.ts`.

/** Rows sorted by falling score. */
export interface Ranking {
  readonly rows: Int32Array;
  /** 1 where the row is of the class. */
  readonly positive: Uint8Array;
  /** 1 where the next row has the same score. */
  readonly tied: Uint8Array;
}

/** Sorts rows by score; rows of unknown truth (NaN) are left out. */
export function rankRows(scores: ArrayLike<number>, truth: ArrayLike<number>): Ranking {
  const known = Array.from(scores, (_, i) => i).filter((i) => !Number.isNaN(truth[i] as number));
  known.sort((a, b) => (scores[b] as number) - (scores[a] as number));
  return {
    rows: Int32Array.from(known),
    positive: Uint8Array.from(known, (i) => (truth[i] === 1 ? 1 : 0)),
    tied: Uint8Array.from(known, (i, at) =>
      at + 1 < known.length && scores[known[at + 1] as number] === scores[i] ? 1 : 0,
    ),
  };
}

/** Both areas; NaN without positives, the ROC's also without negatives. */
export interface RankingScores {
  /** Probability that a positive row scores above a negative one; ties count half. */
  readonly auroc: number;
  /** `sum over thresholds of (recall - recall before) * precision`, as scikit-learn's. */
  readonly averagePrecision: number;
}

/** @param weights of all rows, by row number */
export function rankingScores({ rows, positive, tied }: Ranking, weights: Float64Array): RankingScores {
  let hits = 0;
  let misses = 0;
  let blockHits = 0;
  let blockMisses = 0;
  let area = 0;
  let precision = 0;
  for (let at = 0; at < rows.length; at++) {
    const weight = weights[rows[at] as number] as number;
    // no branch on what looks random
    const hit = weight * (positive[at] as number);
    blockHits += hit;
    blockMisses += weight - hit;
    if (tied[at] === 1) continue;
    area += blockMisses * (hits + blockHits / 2);
    hits += blockHits;
    misses += blockMisses;
    if (blockHits > 0) precision += (blockHits * hits) / (hits + misses);
    blockHits = 0;
    blockMisses = 0;
  }
  return {
    auroc: hits > 0 && misses > 0 ? area / (hits * misses) : Number.NaN,
    averagePrecision: hits > 0 ? precision / hits : Number.NaN,
  };
}
