// The learning rate of each step: linear warm-up, then cosine (paper arXiv:2511.08544, section 6). A pure function of the
// step, so nothing is saved. Not part of the traced step.
import type { Config } from "@lejepa/contracts";

/** A run's schedule in steps. */
export interface Schedule {
  readonly peak: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  /** Learning rate of the last step as a share of the peak. */
  readonly finalFactor: number;
}

/** The schedule that a configuration asks for, given the steps of an epoch. */
export function createSchedule(
  { optimizer, schedule }: Pick<Config, "optimizer" | "schedule">,
  stepsPerEpoch: number,
): Schedule {
  return {
    peak: optimizer.learningRate,
    warmupSteps: Math.round(schedule.warmupEpochs * stepsPerEpoch),
    totalSteps: schedule.epochs * stepsPerEpoch,
    finalFactor: schedule.finalFactor,
  };
}

/**
 * Learning rate of a step, W warm-up steps of T in all:
 *
 *     peak (step + 1) / W                                                    step < W
 *     peak (f + (1 - f) (1 + cos(pi p)) / 2),  p = (step - W + 1) / (T - W)  after: reaches peak f at step T - 1
 *
 * @param step steps done before this one
 */
export function learningRate({ peak, warmupSteps, totalSteps, finalFactor }: Schedule, step: number): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps + 1) / Math.max(1, totalSteps - warmupSteps));
  return peak * (finalFactor + ((1 - finalFactor) * (1 + Math.cos(Math.PI * progress))) / 2);
}
