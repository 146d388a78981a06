// Differences between two encoders on the same test groups and draws, and what each says by itself. Not the sentences.
import type { Outcome, Shots } from "../comparison-schema.ts";
import { type Distribution, distribute, interval, mean, type Sample, studentQuantile } from "../statistics/estimate.ts";

/** Chance of a false claim that is accepted. */
const level = 0.05;

/** The difference at some shots: encoder minus baseline, so that positive is better. */
export interface Difference {
  readonly shots: Shots;
  readonly sample: Sample;
  readonly distribution: Distribution;
  /** p-value after Holm's correction over the pairs. */
  readonly holm: number;
}

/** A difference with its p-value after {@link overShots}. */
export interface Tested extends Difference {
  readonly p: number;
}

/**
 * Corrects for looking at several numbers of shots: they are tested in a fixed order, from the most downward and from the
 * fewest upward, each way at half the level and only as far as every one before shows a difference (fixed sequences, split
 * by Bonferroni). So "at 10 shots and above" and "at 5 shots and below" cost little, and the chance of any false claim on a
 * pair stays below the level.
 *
 * @param differences fewest shots first
 */
export function overShots(differences: readonly Difference[]): Tested[] {
  if (differences.length < 2) return differences.map((difference) => ({ ...difference, p: difference.holm }));
  const largest = (some: readonly Difference[]): number => Math.max(...some.map(({ holm }) => holm));
  return differences.map((difference, i) => {
    const p = 2 * Math.min(largest(differences.slice(0, i + 1)), largest(differences.slice(i)));
    return { ...difference, p: Math.min(1, p) };
  });
}

/** Subtracts run by run (the fewer runs are repeated) and resample by resample. */
export function pairedSample(a: Sample, b: Sample, sign: 1 | -1): Sample {
  const runs = Array.from({ length: Math.max(a.runs.length, b.runs.length) }, (_, r) => r);
  return {
    runs: runs.map((r) => sign * (turn(a.runs, r) - turn(b.runs, r))),
    resamples: runs.map((r) => {
      const other = turn(b.resamples, r);
      return turn(a.resamples, r).map((value, i) => sign * (value - (other[i] as number)));
    }),
    groups: a.groups,
    independent: Math.min(independentRuns(a), independentRuns(b)),
  };
}

const turn = <T>(items: readonly T[], r: number): T => items[r % items.length] as T;

/** The mean of samples over shots, as one sample. */
export function meanSample(samples: readonly Sample[]): Sample {
  const count = Math.max(...samples.map((sample) => sample.runs.length));
  const runs = Array.from({ length: count }, (_, r) => r);
  const [first] = samples as readonly [Sample, ...Sample[]];
  return {
    runs: runs.map((r) => mean(samples.map((s) => turn(s.runs, r)))),
    resamples: runs.map((r) => {
      const vectors = samples.map((s) => turn(s.resamples, r));
      return turn(first.resamples, r).map((_, b) => mean(vectors.map((vector) => vector[b] as number)));
    }),
    groups: first.groups,
    independent: Math.min(...samples.map(independentRuns)),
  };
}

// one run does not vary, so it does not limit what the other's runs say
const independentRuns = ({ runs, independent = runs.length }: Sample): number =>
  runs.length === 1 ? Number.POSITIVE_INFINITY : independent;

/** @param margin differences below it are of no interest */
export function outcomeOf({ distribution, p }: Tested, margin: number): Outcome {
  if (p <= level) return distribution.value > 0 ? "wins" : "loses";
  const { low, high } = interval(distribution);
  return low >= -margin && high <= margin ? "same" : "undecided";
}

/** What would be needed to tell: see {@link needOf}. */
export interface Need {
  /** Test groups beyond the present ones; null when they alone cannot do it. */
  readonly groups: number | null;
  /** Runs (draws and seeds) beyond the present ones that make the runs' share of the width half of what is wanted. */
  readonly runs: number;
}

/**
 * What would tell if the difference stays as it is (or, if that is smaller, would show that it is within the margin): an
 * interval at the corrected level whose half-width is the difference. The width that comes from groups falls with the root of
 * their number; the one that comes from runs stays, unless there are more.
 *
 * @param tests comparisons that share the level
 */
export function needOf({ distribution, sample }: Difference, margin: number, tests: number): Need {
  const { value, fromGroups, runError } = distribution;
  const wanted = Math.max(Math.abs(value), margin);
  const p = 1 - level / (2 * tests);
  const runs = sample.runs.length;
  const groupWidth =
    fromGroups * (studentQuantile(p, sample.groups - 1) / studentQuantile(1 - level / 2, sample.groups - 1));
  const runWidth = runError === 0 ? 0 : runError * studentQuantile(p, runs - 1);
  const left = wanted ** 2 - runWidth ** 2;
  return {
    groups: left <= 0 ? null : Math.max(0, Math.ceil(sample.groups * (groupWidth ** 2 / left - 1))),
    runs: runError === 0 ? 0 : moreRuns({ runs, runError, wanted, p }),
  };
}

function moreRuns({
  runs,
  runError,
  wanted,
  p,
}: Readonly<Record<"runs" | "runError" | "wanted" | "p", number>>): number {
  const deviation = runError * Math.sqrt(runs);
  let more = 0;
  while (more < 1000 && studentQuantile(p, runs + more - 1) * (deviation / Math.sqrt(runs + more)) > wanted / 2) more++;
  return more;
}

/** Distribution of a sample; of the mean when there are several. */
export const distributeMean = (samples: readonly Sample[]): Distribution => distribute(meanSample(samples));
