// metrics.jsonl: one JSON object a step, appended; and the same numbers as TensorBoard events. Not the progress display.
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, withFileErrors, writeFully } from "@lejepa/data";
import { createEventWriter } from "./tensorboard.ts";

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
  /** Accuracy of the online probes on the validation images, in steps that probe. */
  readonly probeKnn?: number;
  readonly probeLinear?: number;
}

/** The open log of a run. */
export interface MetricsLog {
  append(metrics: StepMetrics): void;
  close(): void;
}

const fileName = "metrics.jsonl";

/**
 * Opens the log of a run folder after `doneSteps` steps. Lines of later steps, which a crash may have left behind, and a
 * torn last line are dropped.
 *
 * @throws LejepaError E_IO
 */
export function openMetricsLog(folder: string, doneSteps: number): MetricsLog {
  const path = join(folder, fileName);
  if (existsSync(path)) replaceFile(path, linesUpTo(readFileSync(path, "utf8"), doneSteps));
  const handle = withFileErrors(path, () => openSync(path, "a"));
  const events = createEventWriter(folder, doneSteps);
  return {
    append(metrics) {
      withFileErrors(path, () => writeFully(handle, new TextEncoder().encode(`${JSON.stringify(metrics)}\n`)));
      const { step, ...values } = metrics;
      events.scalars(step, values as Record<string, number>);
    },
    close() {
      closeSync(handle);
      events.close();
    },
  };
}

/** All steps recorded in a run folder; a torn last line is left out. */
export function readMetrics(folder: string): StepMetrics[] {
  const path = join(folder, fileName);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").flatMap(parseLine);
}

function linesUpTo(text: string, steps: number): string {
  const kept = text.split("\n").filter((line) => parseLine(line).some(({ step }) => step <= steps));
  return kept.map((line) => `${line}\n`).join("");
}

function parseLine(line: string): StepMetrics[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as StepMetrics];
  } catch {
    return [];
  }
}
