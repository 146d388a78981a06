/**
 * Choosing between runs without labels (paper arXiv:2511.08544, section 6.2, equation 8). Not a measure of quality across
 * data sets or batch sizes: the statistic behind the loss grows with N, and views and slices enter its mean.
 */
import { LejepaError } from "@lejepa/contracts";

/** What a training loss depends on besides quality. */
export interface ScoreSettings {
  /** Samples of the global batch [N]. */
  readonly samples: number;
  readonly views: number;
  readonly slices: number;
  /** What else defines the loss, by name: the quadrature, which views make the centre, the images. */
  readonly others?: Readonly<Record<string, string | number | boolean | null>> | undefined;
}

/** A run to be compared. */
export interface ScoredRun extends ScoreSettings {
  readonly name: string;
  readonly trainLoss: number;
  readonly lambda: number;
}

/** Exponent that ranks runs of different lambda best in the paper. */
const EXPONENT = 0.4;

/**
 * Label-free score of a run: training loss / lambda^0.4, lower is better.
 *
 *     labelFreeScore(0.9, 0.05); // 2.98
 *
 * @throws LejepaError E_USAGE for a loss that is not finite or a lambda that is not positive
 */
export function labelFreeScore(trainLoss: number, lambda: number): number {
  if (!Number.isFinite(trainLoss)) throw usage("a finite training loss", String(trainLoss));
  if (!(lambda > 0)) throw usage("a positive lambda", String(lambda));
  return trainLoss / lambda ** EXPONENT;
}

/**
 * Refuses to compare scores of runs whose losses are on different scales.
 *
 * @throws LejepaError E_USAGE that names every setting in which they differ, with its values and their runs
 */
export function expectComparable(runs: readonly (ScoreSettings & { readonly name: string })[]): void {
  const settings = runs.map(({ name, samples, views, slices, others }) => ({
    name,
    values: new Map<string, unknown>(Object.entries({ samples, views, slices, ...others })),
  }));
  const keys = [...new Set(settings.flatMap(({ values }) => [...values.keys()]))];
  const different = keys.flatMap((key) => {
    const holders = new Map<string, string[]>();
    for (const { name, values } of settings) {
      const value = String(values.get(key));
      holders.set(value, [...(holders.get(value) ?? []), name]);
    }
    const each = [...holders].map(([value, names]) => `${value} (${names.join(", ")})`);
    return each.length < 2 ? [] : [{ key, text: `${key} ${each.join(" and ")}` }];
  });
  if (different.length === 0) return;
  const expected = `runs with equal ${different.map(({ key }) => key).join(", ")}`;
  const hint =
    "The loss depends on it, so the scores say nothing about each other: compare runs of one kind at a time.";
  throw usage(expected, different.map(({ text }) => text).join("; "), hint);
}

/**
 * Runs with their scores, best first.
 *
 * @throws LejepaError E_USAGE for runs that cannot be compared; see `expectComparable`
 */
export function compareScores<Run extends ScoredRun>(runs: readonly Run[]): (Run & { readonly score: number })[] {
  expectComparable(runs);
  const scored = runs.map((run) => ({ ...run, score: labelFreeScore(run.trainLoss, run.lambda) }));
  return scored.toSorted((a, b) => a.score - b.score);
}

const usage = (expected: string, got: string, hint?: string): LejepaError =>
  new LejepaError({ code: "E_USAGE", where: "label-free score", expected, got, hint });
