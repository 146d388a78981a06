// Speed and time left of a run, from the steps so far. Numbers only; no output.
import type { StepMetrics } from "@lejepa/train";

/** What the last steps say. */
export interface Reading {
  readonly imagesPerSecond: number;
  /** Share of the time spent waiting for data, e.g. `3 %`. */
  readonly dataWait: string;
  readonly secondsLeft: number;
}

const window = 50;

/** Averages over the last 50 steps; the very first step, which warms up, is left out as soon as there is another. */
export function createMeter(): { add(metrics: StepMetrics, endStep: number): Reading } {
  let steps: StepMetrics[] = [];
  let warm = false;
  return {
    add(metrics, endStep) {
      if (steps.length === 1 && !warm) [steps, warm] = [[], true];
      steps = [...steps.slice(1 - window), metrics];
      const sum = (value: (step: StepMetrics) => number): number =>
        steps.reduce((total, step) => total + value(step), 0);
      const stepMs = sum((step) => step.stepMs);
      const images = sum((step) => (step.imagesPerSecond * step.stepMs) / 1000);
      return {
        imagesPerSecond: (1000 * images) / stepMs,
        dataWait: `${((100 * sum((step) => step.dataWaitMs)) / stepMs).toFixed(0)} %`,
        secondsLeft: ((endStep - metrics.step) * stepMs) / steps.length / 1000,
      };
    },
  };
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: two units at most. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 99.5) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
