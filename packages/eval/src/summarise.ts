// From runs to the figures of the document: means with intervals, differences with p-values, the verdict. The arithmetic is
// in `statistics`, the judgement in `verdict`.
import type { ResolvedSettings } from "./compare-features.ts";
import type { Comparison, MetricName, ProbeName, Shots } from "./comparison-schema.ts";
import { groupBy } from "./group-by.ts";
import { orNull, type Probed, type ProbedEncoder } from "./probe-cells.ts";
import { type Distribution, distribute, interval, mean, pValue, type Sample } from "./statistics/estimate.ts";
import { holm } from "./statistics/holm.ts";
import { metricsOfTask } from "./statistics/metrics.ts";
import type { Problem } from "./targets.ts";
import { pairedSample } from "./verdict/differences.ts";
import { decide, type PairInput } from "./verdict/verdict.ts";

type Result = Comparison["results"][number];
type Row = Comparison["differences"][number];

/** The runs of one encoder, probe and number of shots. */
interface Cell {
  readonly probe: ProbeName;
  readonly shots: Shots;
  readonly runs: readonly Probed[];
}

/** Means over the runs with their intervals. */
export function resultsOf(probed: readonly ProbedEncoder[], problem: Problem): Result[] {
  return probed.flatMap((encoder) =>
    cellsOf(encoder).map(({ probe, shots, runs }) => ({
      encoder: encoder.description.name,
      probe,
      shots,
      runs: runs.map(({ record }) => record),
      metrics: Object.fromEntries(
        metricsOfTask[problem.task].map((metric) => [
          metric,
          estimateOf(sampleOf(runs, { encoder, metric, problem }), metric),
        ]),
      ),
    })),
  );
}

function cellsOf({ cells }: ProbedEncoder): Cell[] {
  return [...groupBy(cells, ({ probe, draw }) => `${probe} ${draw.shots}`).values()].map((runs) => {
    const [{ probe, draw }] = runs as [Probed, ...Probed[]];
    return { probe, shots: draw.shots, runs: runs.sort((a, b) => a.draw.run - b.draw.run) };
  });
}

interface SampleInput {
  readonly encoder: ProbedEncoder;
  readonly metric: MetricName;
  readonly problem: Problem;
}

function sampleOf(runs: readonly Probed[], { encoder, metric, problem }: SampleInput): Sample {
  const { seeds } = encoder.description;
  return {
    runs: runs.map(({ metrics }) => metrics.get(metric) as number),
    resamples: runs.map(({ resampled }) => resampled.get(metric) as Float64Array),
    groups: problem.test.groupCount,
    // seeds that are used more than once are not new
    independent: seeds === 1 ? runs.length : Math.min(seeds, runs.length),
  };
}

const bounded: ReadonlySet<MetricName> = new Set([
  "accuracy",
  "balancedAccuracy",
  "macroF1",
  "auroc",
  "averagePrecision",
]);

function estimateOf(sample: Sample, metric: MetricName): Result["metrics"][MetricName] & object {
  if (sample.groups < 2) return { value: orNull(mean(sample.runs)), low: null, high: null };
  const distribution = distribute(sample);
  const { low, high } = interval(distribution);
  if (bounded.has(metric) && low === high && (distribution.value === 0 || distribution.value === 1)) {
    return { value: distribution.value, ...allEqual(distribution.value, sample.groups) };
  }
  const clip = (value: number): number => (bounded.has(metric) ? Math.min(1, Math.max(0, value)) : value);
  return { value: orNull(distribution.value), low: orNull(clip(low)), high: orNull(clip(high)) };
}

// all right or all wrong: resamples say nothing, so as if each group were one answer (Clopper and Pearson 1934)
function allEqual(value: 0 | 1, groups: number): { readonly low: number; readonly high: number } {
  const bound = 0.025 ** (1 / groups);
  return value === 1 ? { low: bound, high: 1 } : { low: 0, high: 1 - bound };
}

/** A difference with what it was computed from. */
export interface FoundDifference {
  readonly row: Row;
  readonly sample: Sample;
  /** Absent with a single test group. */
  readonly distribution?: Distribution;
}

/**
 * Differences of all pairs: each encoder trained on these images (if there is none, the first one) against each other encoder.
 * Holm's correction is over the pairs of one probe, metric and number of shots.
 */
export function findDifferences(
  probed: readonly ProbedEncoder[],
  { problem, metrics }: { readonly problem: Problem; readonly metrics: readonly MetricName[] },
): FoundDifference[] {
  const found = pairsOf(probed).flatMap(([a, b]) => {
    const others = new Map(cellsOf(b).map((cell) => [`${cell.probe} ${cell.shots}`, cell]));
    return cellsOf(a).flatMap((cell) => {
      const other = others.get(`${cell.probe} ${cell.shots}`);
      if (other === undefined) return [];
      return metrics.map((metric) => differenceOf([a, cell], [b, other], { metric, problem }));
    });
  });
  return corrected(found);
}

function pairsOf(probed: readonly ProbedEncoder[]): [ProbedEncoder, ProbedEncoder][] {
  const own = probed.filter(({ description }) => description.kind === "own");
  const first = own.length > 0 ? own : probed.slice(0, 1);
  const rest = probed.filter((encoder) => !first.includes(encoder));
  return first.flatMap((a, i) => [...rest, ...first.slice(i + 1)].map((b): [ProbedEncoder, ProbedEncoder] => [a, b]));
}

function differenceOf(
  [a, cellA]: readonly [ProbedEncoder, Cell],
  [b, cellB]: readonly [ProbedEncoder, Cell],
  { metric, problem }: { readonly metric: MetricName; readonly problem: Problem },
): FoundDifference {
  const sample = pairedSample(
    sampleOf(cellA.runs, { encoder: a, metric, problem }),
    sampleOf(cellB.runs, { encoder: b, metric, problem }),
    metric === "mae" ? -1 : 1,
  );
  const names = { encoder: a.description.name, baseline: b.description.name };
  const row = { ...names, probe: cellA.probe, shots: cellA.shots, metric };
  const value = orNull(mean(sample.runs));
  if (sample.groups < 2 || value === null)
    return { row: { ...row, value, low: null, high: null, p: null, holm: null }, sample };
  const distribution = distribute(sample);
  const { low, high } = interval(distribution);
  const p = pValue(distribution);
  return { row: { ...row, value, low: orNull(low), high: orNull(high), p, holm: p }, sample, distribution };
}

function corrected(found: readonly FoundDifference[]): FoundDifference[] {
  const families = groupBy(
    found.filter(({ row }) => row.p !== null),
    ({ row }) => `${row.probe} ${row.metric} ${row.shots}`,
  );
  const adjusted = new Map<FoundDifference, number>();
  for (const family of families.values()) {
    for (const [i, p] of holm(family.map(({ row }) => row.p as number)).entries())
      adjusted.set(family[i] as FoundDifference, p);
  }
  return found.map((one) => ({ ...one, row: { ...one.row, holm: adjusted.get(one) ?? null } }));
}

/** The verdict by the main probe and metric. */
export function verdictOf(
  found: readonly FoundDifference[],
  input: { readonly settings: ResolvedSettings; readonly probed: readonly ProbedEncoder[]; readonly problem: Problem },
): Comparison["verdict"] {
  const { settings, probed, problem } = input;
  const kinds = new Map(probed.map(({ description }) => [description.name, description.kind]));
  const pairs = new Map<string, PairInput & { readonly differences: PairInput["differences"][number][] }>();
  for (const { row, sample, distribution } of found) {
    if (row.probe !== settings.probe || row.metric !== settings.metric || distribution === undefined) continue;
    const { encoder, baseline, shots, holm: p } = row;
    const [encoderKind = "other", baselineKind = "other"] = [kinds.get(encoder), kinds.get(baseline)];
    const key = JSON.stringify([encoder, baseline]);
    const pair = pairs.get(key) ?? { encoder, encoderKind, baseline, baselineKind, differences: [] };
    pair.differences.push({ shots, sample, distribution, holm: p ?? 1 });
    pairs.set(key, pair);
  }
  return decide([...pairs.values()], { margin: settings.margin, metric: settings.metric, grouped: problem.grouped });
}
