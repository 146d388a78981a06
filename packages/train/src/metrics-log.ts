// metrics.jsonl: one JSON object a step, appended; and the same numbers as TensorBoard events. Not the progress display.
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, withFileErrors, writeFully } from "@lejepa/data";
import { metricsFile, parseMetricsLine, type StepMetrics } from "@lejepa/eval";
import { createEventWriter } from "./tensorboard.ts";

/** The open log of a run. */
export interface MetricsLog {
  append(metrics: StepMetrics): void;
  close(): void;
}

/**
 * Opens the log of a run folder after `doneSteps` steps. Lines of later steps, which a crash may have left behind, and a
 * torn last line are dropped.
 *
 * @throws LejepaError E_IO
 */
export function openMetricsLog(folder: string, doneSteps: number): MetricsLog {
  const path = join(folder, metricsFile);
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

function linesUpTo(text: string, steps: number): string {
  const kept = text.split("\n").filter((line) => parseMetricsLine(line).some(({ step }) => step <= steps));
  return kept.map((line) => `${line}\n`).join("");
}
