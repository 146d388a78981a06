// From resamples and runs to an interval and a p-value. Two sources of variance: which groups are in the test split, and
// which run it is (the seed of the encoder, the draw of few training rows).
//
// The distribution of the estimate is that of `value + kappa * (resample - value) + s_r / sqrt(m) * t`:
// - resample: the mean over the runs on groups drawn with replacement;
// - kappa = sqrt(G / (G - 1)) * t(G - 1) / z: a bootstrap of G groups is too narrow by so much (Hesterberg 2015, section 3.2.3);
// - s_r^2 = s^2 - s_i^2, at least 0: the variance between the m runs, less what is only that they disagree on these groups; s_i^2
//   is the variance over the resamples of a run's deviation from the mean over the runs, and is in the resamples already;
// - t: Student's with m - 1 degrees of freedom, independent of the resample.
// The interval is its percentiles. p-values take s instead of s_r: of three runs the difference of two variances is so uncertain
// that far in the tails, where tests decide, too much would be claimed (measured: tools/bench).
// With one run only the groups count, and the encoder is taken as it is.
import { LejepaError, stream } from "@lejepa/contracts";
import jStat from "jstat";

/** What an estimate is made from. */
export interface Sample {
  /** Of each run. */
  readonly runs: readonly number[];
  /** Of each run, its value in each resample; NaN where not defined. */
  readonly resamples: readonly Float64Array[];
  /** Groups that were drawn from. */
  readonly groups: number;
  /** Independent runs; default as many as there are. */
  readonly independent?: number | undefined;
}

/** An estimate with its distribution. */
export interface Distribution {
  readonly value: number;
  /** Ascending. */
  readonly draws: Float64Array;
  /** With all of the variance between runs, for tests. */
  readonly cautious: Float64Array;
  /** Half the width of the interval from groups alone. */
  readonly fromGroups: number;
  /** Standard error from runs alone, all of it; 0 with one run. */
  readonly runError: number;
}

const level = 0.95;
const z = jStat.normal.inv((1 + level) / 2, 0, 1);

/** `sqrt(G / (G - 1)) t(G - 1) / z` for a 95 % interval. */
export const smallSample = (groups: number): number =>
  (Math.sqrt(groups / (groups - 1)) * studentQuantile((1 + level) / 2, groups - 1)) / z;

/** The quantile of Student's t; beyond 1000 degrees of freedom the normal's. */
export const studentQuantile = (p: number, degrees: number): number =>
  degrees > 1000 ? jStat.normal.inv(p, 0, 1) : jStat.studentt.inv(p, degrees);

/**
 * The distribution of the mean over the runs.
 *
 * @throws LejepaError E_DATA with fewer than 2 groups or no run
 */
export function distribute({ runs, resamples, groups, independent = runs.length }: Sample): Distribution {
  if (runs.length === 0 || groups < 2) {
    const got = `${runs.length} and ${groups}`;
    throw new LejepaError({ code: "E_DATA", where: "interval", expected: "a run and at least 2 test groups", got });
  }
  const value = mean(runs);
  const means = meanOverRuns(resamples);
  const defined = means.filter((x) => !Number.isNaN(x));
  const factor = smallSample(groups);
  const byGroups = defined.map((x) => factor * (x - value));
  const m = Math.min(independent, runs.length);
  const runError = errorOfMean(runs, m, 0);
  const withRuns = (error: number): Float64Array => {
    const byRuns = runDeviations(error, m, defined.length);
    return byGroups.map((x, b) => value + x + (byRuns[b] as number)).sort();
  };
  return {
    value,
    draws: withRuns(errorOfMean(runs, m, disagreement(resamples, means))),
    cautious: withRuns(runError),
    fromGroups: halfWidth(byGroups.toSorted()),
    runError,
  };
}

/** The 95 % interval; NaN where nothing is defined. */
export function interval({ draws }: Distribution): { readonly low: number; readonly high: number } {
  return { low: quantile(draws, (1 - level) / 2), high: quantile(draws, (1 + level) / 2) };
}

/** Two-sided p-value of "the value is 0": twice the smaller share of cautious draws on either side of it; 1 when all are 0. */
export function pValue({ cautious }: Distribution): number {
  const below = cautious.filter((x) => x <= 0).length;
  const above = cautious.filter((x) => x >= 0).length;
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (cautious.length + 1));
}

function errorOfMean(runs: readonly number[], independent: number, byChance: number): number {
  if (independent < 2) return 0;
  const centre = mean(runs);
  const squares = runs.reduce((sum, x) => sum + (x - centre) ** 2, 0);
  return Math.sqrt(Math.max(0, squares / (runs.length - 1) - byChance) / independent);
}

function meanOverRuns(resamples: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0)] = resamples;
  return resamples.length === 1 ? first : first.map((_, b) => mean(resamples.map((run) => run[b] as number)));
}

// variance between runs that the choice of groups alone makes
function disagreement(resamples: readonly Float64Array[], means: Float64Array): number {
  const m = resamples.length;
  if (m < 2) return 0;
  const variances = resamples.map((run) => varianceOf(run.map((x, b) => x - (means[b] as number))));
  return (mean(variances) * m) / (m - 1);
}

function varianceOf(values: Float64Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    squares += value * value;
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

// the quantiles of t in random order: the same distribution at every call, and no luck of the draw in its tails
function runDeviations(error: number, independent: number, count: number): Float64Array {
  const out = new Float64Array(count);
  if (error === 0) return out;
  for (const [b, place] of stream(count, "runs").permutation(count).entries())
    out[b] = error * studentQuantile((place + 0.5) / count, independent - 1);
  return out;
}

const halfWidth = (sorted: Float64Array): number =>
  (quantile(sorted, (1 + level) / 2) - quantile(sorted, (1 - level) / 2)) / 2;

// linear between order statistics, as NumPy's default
function quantile(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** The plain mean. */
export const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** A mean of independent values. */
export interface MeanInterval {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval (Student's t); null for fewer than two values. */
  readonly halfWidth: number | null;
  readonly values: readonly number[];
}

/** Mean and 95 % interval `t(0.975, n - 1) s / sqrt(n)` of n values. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  const centre = mean(values);
  if (n < 2) return { mean: centre, halfWidth: null, values };
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
  return { mean: centre, halfWidth: studentQuantile(0.975, n - 1) * Math.sqrt(variance / n), values };
}
