// What a run folder says of its steps: metrics.jsonl, one JSON object a step. Not its writing (@lejepa/train does that).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is recorded of one step. Times in milliseconds. */
export interface StepMetrics {
  /** Steps done, this one included: 1, 2, ... */
  readonly step: number;
  /** Pass over the data that the step belongs to, from 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly invariance: number;
  readonly sigreg: number;
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Images (not views) a second, of this step. */
  readonly imagesPerSecond: number;
  /** Whole step, waiting for data included. */
  readonly stepMs: number;
  /** Time that the step waited for its batch. */
  readonly dataWaitMs: number;
  /** By what the loss was multiplied for its gradient, in precision float16; where the gradient is not finite, the step was skipped. */
  readonly lossScale?: number;
  /** Accuracy of the online probes on the validation images, in steps that probe. */
  readonly probeKnn?: number;
  readonly probeLinear?: number;
}

/** The file's name in a run folder. */
export const metricsFile = "metrics.jsonl";

/** All steps recorded in a run folder; a torn last line is left out. */
export function readMetrics(folder: string): StepMetrics[] {
  const path = join(folder, metricsFile);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").flatMap(parseMetricsLine);
}

/** One line's metrics; nothing for an empty or a torn one. JSON writes numbers that are not finite as null: they become NaN. */
export function parseMetricsLine(line: string): StepMetrics[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line, (_, value: unknown) => (value === null ? Number.NaN : value)) as StepMetrics];
  } catch {
    return [];
  }
}
