// Differences between two encoders on the same test groups and draws, and what each says by itself. Not the sentences.
import type { Outcome, Shots } from "../comparison-schema.ts";
import { type Distribution, distribute, interval, mean, type Sample } from "../statistics/estimate.ts";

/** The difference at some shots: encoder minus baseline, so that positive is better. */
export interface Difference {
  readonly shots: Shots;
  readonly sample: Sample;
  readonly distribution: Distribution;
  /** p-value after Holm's correction. */
  readonly holm: number;
}

/** Subtracts run by run (the fewer runs are repeated) and resample by resample. */
export function pairedSample(a: Sample, b: Sample, sign: 1 | -1): Sample {
  const at = (runs: readonly number[], r: number): number => runs[r % runs.length] as number;
  return {
    runs: Array.from(
      { length: Math.max(a.runs.length, b.runs.length) },
      (_, r) => sign * (at(a.runs, r) - at(b.runs, r)),
    ),
    resamples: a.resamples.map((value, i) => sign * (value - (b.resamples[i] as number))),
    groups: a.groups,
    independent: Math.min(independentRuns(a), independentRuns(b)),
  };
}

/** The mean of samples over shots, as one sample. */
export function meanSample(samples: readonly Sample[]): Sample {
  const runs = Math.max(...samples.map((sample) => sample.runs.length));
  const [first] = samples as readonly [Sample, ...Sample[]];
  return {
    runs: Array.from({ length: runs }, (_, r) => mean(samples.map((s) => s.runs[r % s.runs.length] as number))),
    resamples: first.resamples.map((_, b) => mean(samples.map((s) => s.resamples[b] as number))),
    groups: first.groups,
    independent: Math.min(...samples.map(independentRuns)),
  };
}

// one run does not vary, so it does not limit what the other's runs say
const independentRuns = ({ runs, independent = runs.length }: Sample): number =>
  runs.length === 1 ? Number.POSITIVE_INFINITY : independent;

/** @param margin differences below it are of no interest */
export function outcomeOf({ distribution, holm }: Difference, margin: number): Outcome {
  if (holm <= 0.05) return distribution.value > 0 ? "wins" : "loses";
  const { low, high } = interval(distribution);
  return low >= -margin && high <= margin ? "same" : "undecided";
}

/**
 * Test groups beyond the present ones with which the interval would leave out 0 if the difference stays what it is (or, if
 * that is smaller, would lie within the margin); null when the runs alone differ more than that.
 *
 * The width that comes from groups falls with the root of their number, the one that comes from runs stays.
 */
export function moreGroups({ distribution, sample }: Difference, margin: number): number | null {
  const { value, fromGroups, fromRuns } = distribution;
  const wanted = Math.max(Math.abs(value), margin);
  const left = wanted ** 2 - fromRuns ** 2;
  if (left <= 0) return null;
  return Math.max(1, Math.ceil(sample.groups * (fromGroups ** 2 / left - 1)));
}

/** Runs (draws, seeds) beyond the present ones with which the runs' share of the width would be half of what is wanted. */
export function moreRuns({ distribution, sample }: Difference, margin: number): number {
  const wanted = Math.max(Math.abs(distribution.value), margin) / 2;
  const now = sample.runs.length;
  return Math.max(1, Math.ceil(now * (distribution.fromRuns / wanted) ** 2) - now);
}

/** Distribution of a sample; of the mean when there are several. */
export const distributeMean = (samples: readonly Sample[]): Distribution => distribute(meanSample(samples));
