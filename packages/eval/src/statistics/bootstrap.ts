// Bootstrap over groups: the test groups (patients, scenes; single rows where there are none) are drawn with replacement, the
// same draws for every encoder, so that differences are paired. The encoders' runs are no part of it: `estimate.ts`.
import { stream } from "@lejepa/contracts";
import type { MetricName } from "../comparison-schema.ts";
import type { Part } from "../targets.ts";
import { type Evaluator, rankingMetrics } from "./metrics.ts";

/** How often each group is drawn in each resample. */
export interface Resamples {
  readonly count: number;
  readonly groups: number;
  /** `[count, groups]` */
  readonly times: Uint16Array;
}

/** Draws `count` times `groups` groups. A pure function of its arguments. */
export function drawResamples(
  groups: number,
  { count, seed }: { readonly count: number; readonly seed: number },
): Resamples {
  const times = new Uint16Array(count * groups);
  for (let b = 0; b < count; b++) {
    const random = stream(seed, "bootstrap", b);
    for (let i = 0; i < groups; i++) {
      const at = b * groups + random.integer(groups);
      times[at] = (times[at] as number) + 1;
    }
  }
  return { count, groups, times };
}

// elements sorted or counted for one metric; beyond it there are fewer resamples, at least 200
const rankingWork = 4e6;
const memory = 2e8;

/** Resamples that are affordable: `wanted`, fewer for test splits of very many groups. */
export const resampleCount = (wanted: number, groups: number): number =>
  Math.min(wanted, Math.max(200, Math.floor(memory / groups)));

/**
 * Each metric of each resample; NaN where it is not defined (a class was not drawn). AUROC and average precision of large test
 * splits are computed for the first resamples only (at least 200), the rest is NaN.
 */
export function resampleMetrics(
  evaluator: Evaluator,
  metrics: readonly MetricName[],
  { part, resamples }: { readonly part: Part; readonly resamples: Resamples },
): Map<MetricName, Float64Array> {
  const out = new Map(metrics.map((name) => [name, new Float64Array(resamples.count).fill(Number.NaN)]));
  const work = part.rows.length * part.truth.values.columns;
  const ranked = Math.min(resamples.count, Math.max(200, Math.floor(rankingWork / work)));
  const counted = metrics.filter((name) => !rankingMetrics.has(name));
  const weights = new Float64Array(part.rows.length);
  for (let b = 0; b < resamples.count; b++) {
    const asked = b < ranked ? metrics : counted;
    if (asked.length === 0) break;
    const times = resamples.times.subarray(b * resamples.groups, (b + 1) * resamples.groups);
    for (let i = 0; i < weights.length; i++) weights[i] = times[part.groups[i] as number] as number;
    for (const [i, value] of evaluator.values(asked, weights).entries())
      (out.get(asked[i] as MetricName) as Float64Array)[b] = value;
  }
  return out;
}
