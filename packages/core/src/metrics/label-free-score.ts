// Choosing between runs without labels (paper arXiv:2511.08544, section 6.2, equation 8).
import { LejepaError } from "@lejepa/contracts";

/** What a training loss depends on besides quality: the statistic grows with N, and views and slices enter its mean. */
export interface ScoreSettings {
  /** Samples of the global batch [N]. */
  readonly samples: number;
  readonly views: number;
  readonly slices: number;
}

/** Exponent that ranks runs of different lambda best in the paper. */
const EXPONENT = 0.4;

/**
 * Label-free score of a run: training loss / lambda^0.4, lower is better.
 *
 *     labelFreeScore(0.9, 0.05); // 2.98
 */
export const labelFreeScore = (trainLoss: number, lambda: number): number => trainLoss / lambda ** EXPONENT;

/**
 * Refuses to compare scores of runs whose losses are on different scales.
 * @throws LejepaError E_USAGE that names the first setting in which they differ
 */
export function expectComparable(a: ScoreSettings, b: ScoreSettings): void {
  for (const key of ["samples", "views", "slices"] as const) {
    if (a[key] === b[key]) continue;
    throw new LejepaError({
      code: "E_USAGE",
      where: "label-free score",
      expected: `runs with equal ${key}`,
      got: `${a[key]} and ${b[key]}`,
      hint: "The statistic depends on it, so the scores say nothing about each other.",
    });
  }
}
