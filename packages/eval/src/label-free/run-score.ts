// A run as the label-free score sees it (paper arXiv:2511.08544, section 6.2): its training loss, averaged over the last epoch,
// and what that loss depends on. And which of its checkpoints that score prefers. The score itself is @lejepa/core's.
import { basename, resolve } from "node:path";
import { LejepaError, parseConfig } from "@lejepa/contracts";
import { labelFreeScore, type ScoredRun } from "@lejepa/core";
import { listCheckpoints } from "../encoders/checkpoint.ts";
import { readRunConfig, readRunInfo, type RunStatus } from "../encoders/run-folder.ts";
import { readMetrics, type StepMetrics } from "../encoders/run-metrics.ts";

/** A run folder, ready for `compareScores`. */
export interface RunScore extends ScoredRun {
  readonly folder: string;
  readonly status: RunStatus;
  /** Steps done, of the whole schedule, and over which the loss is averaged. */
  readonly steps: { readonly done: number; readonly total: number; readonly averaged: number };
  /** Hash of the stored images with labels and splits: equal, the same images; different, perhaps the same in another size. */
  readonly fingerprint: string;
}

/** Mean loss of the last `window` steps up to a step; of fewer where there are no more, or some are not finite. NaN without any. */
export function smoothedLoss(metrics: readonly StepMetrics[], step: number, window: number): number {
  const inWindow = metrics.filter((line) => line.step <= step && line.step > step - window);
  const losses = inWindow.map(({ loss }) => loss).filter(Number.isFinite);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/**
 * Reads what a run's label-free score needs; the loss is the mean of its last epoch.
 *
 * @param name what to call it; by default the folder's name
 * @throws LejepaError E_DATA when the folder holds no run or the run has no step, E_IO, E_CONFIG
 */
export function readRunScore(folder: string, name = basename(resolve(folder))): RunScore {
  const info = readRunInfo(folder);
  const { batchSize, views, objective, augment: _, ...config } = parseConfig(readRunConfig(folder), folder);
  const metrics = readMetrics(folder);
  const last = metrics.at(-1);
  if (last === undefined)
    throw new LejepaError({
      code: "E_DATA",
      where: folder,
      expected: "a run with steps in metrics.jsonl",
      got: "none",
    });
  const { lambda, slices, ...statistic } = objective;
  return {
    name,
    folder,
    status: info.status,
    trainLoss: smoothedLoss(metrics, last.step, info.steps.perEpoch),
    lambda,
    samples: batchSize,
    views: views.globals + views.locals,
    slices,
    others: { "global views": views.globals, ...statistic, dataset: config.dataset.id, images: info.data.images.train },
    steps: { done: last.step, total: info.steps.total, averaged: Math.min(info.steps.perEpoch, metrics.length) },
    fingerprint: info.data.fingerprint,
  };
}

/** A checkpoint that the label-free score chose. */
export interface ChosenCheckpoint {
  readonly step: number;
  /** Why this one, in one sentence. */
  readonly reason: string;
}

/**
 * The checkpoint of a run with the lowest label-free score, among those that it kept: the loss is the mean of the epoch before
 * the checkpoint. Earlier ones than an epoch are too noisy to be chosen; where there are no others, it is the newest.
 * Undefined without checkpoints.
 *
 * @throws LejepaError E_DATA when the folder holds no run
 */
export function bestCheckpoint(folder: string): ChosenCheckpoint | undefined {
  const kept = listCheckpoints(folder);
  const newest = kept.at(-1);
  if (newest === undefined) return undefined;
  const { perEpoch } = readRunInfo(folder).steps;
  const { lambda } = parseConfig(readRunConfig(folder), folder).objective;
  const metrics = readMetrics(folder);
  const scored = kept
    .filter((step) => step >= perEpoch)
    .map((step) => ({ step, loss: smoothedLoss(metrics, step, perEpoch) }))
    .filter(({ loss }) => Number.isFinite(loss))
    .map(({ step, loss }) => ({ step, score: labelFreeScore(loss, lambda) }));
  const [best] = scored.toSorted((a, b) => a.score - b.score || b.step - a.step);
  if (best === undefined)
    return {
      step: newest,
      reason: `step ${newest}, the newest: no checkpoint has an epoch of recorded losses behind it`,
    };
  const others =
    kept.length === 1 ? "the only checkpoint kept" : `the lowest of the checkpoints kept (${kept.join(", ")})`;
  return {
    step: best.step,
    reason: `step ${best.step} by its label-free score ${best.score.toPrecision(4)}, ${others}`,
  };
}
