// Scores of predictions, and means over seeds with their 95 % interval. Not significance tests.
import { LejepaError } from "@lejepa/contracts";

/** Share of correct predictions. */
export function accuracy(predicted: ArrayLike<number>, truth: ArrayLike<number>): number {
  checkLengths(predicted, truth);
  let correct = 0;
  for (let i = 0; i < truth.length; i++) if (predicted[i] === truth[i]) correct++;
  return correct / truth.length;
}

/** Mean over the classes that occur in `truth` of the share of theirs that is predicted right (recall). */
export function balancedAccuracy(predicted: ArrayLike<number>, truth: ArrayLike<number>): number {
  checkLengths(predicted, truth);
  const counts = new Map<number, { all: number; correct: number }>();
  for (let i = 0; i < truth.length; i++) {
    const label = truth[i] as number;
    const count = counts.get(label) ?? { all: 0, correct: 0 };
    counts.set(label, count);
    count.all++;
    if (predicted[i] === label) count.correct++;
  }
  let sum = 0;
  for (const { all, correct } of counts.values()) sum += correct / all;
  return sum / counts.size;
}

function checkLengths(predicted: ArrayLike<number>, truth: ArrayLike<number>): void {
  if (predicted.length === truth.length && truth.length > 0) return;
  const got = `${predicted.length} for ${truth.length}`;
  throw new LejepaError({
    code: "E_SHAPE",
    where: "accuracy",
    expected: "one prediction for each of at least one label",
    got,
  });
}

/** A mean over seeds. */
export interface Interval {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval (Student's t); null for fewer than two values. */
  readonly halfWidth: number | null;
  /** The values themselves. */
  readonly values: readonly number[];
}

// 97.5 % quantiles of Student's t for 1 .. 30 degrees of freedom
const quantiles = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814, 2.20099, 2.17881, 2.16037,
  2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.0639, 2.05954, 2.05553,
  2.05183, 2.04841, 2.04523, 2.04227,
];

// Cornish and Fisher's expansion: within 1e-4 beyond 30
const tQuantile = (df: number): number => quantiles[df - 1] ?? 1.959964 + 2.372271 / df + 2.822 / df ** 2;

/** Mean and 95 % interval `t(0.975, n - 1) s / sqrt(n)` of the values of n seeds. */
export function interval(values: readonly number[]): Interval {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, halfWidth: null, values };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, halfWidth: tQuantile(n - 1) * Math.sqrt(variance / n), values };
}
