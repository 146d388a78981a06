// Scores of predictions with a weight for each row, so that one code serves plain figures and bootstrap resamples. Checked
// against scikit-learn. NaN stands for what is not defined, e.g. AUROC of one class alone.
import { LejepaError } from "@lejepa/contracts";
import type { ComparisonTask, MetricName } from "../comparison-schema.ts";
import type { Matrix } from "../matrix.ts";
import type { Truth } from "../targets.ts";
import { type Ranking, rankingScores, rankRows } from "./ranking.ts";

/** The metrics of each task. */
export const metricsOfTask: Readonly<Record<ComparisonTask, readonly MetricName[]>> = {
  classification: ["accuracy", "balancedAccuracy", "macroF1", "auroc", "averagePrecision"],
  multilabel: ["accuracy", "macroF1", "auroc", "averagePrecision"],
  regression: ["r2", "mae"],
};

/** Metrics that need the rows sorted for each class. */
export const rankingMetrics: ReadonlySet<MetricName> = new Set(["auroc", "averagePrecision"]);

/** The metrics of one class, label or target. */
export type ClassScores = Readonly<
  Record<"recall" | "precision" | "f1" | "auroc" | "averagePrecision" | "r2" | "mae", number>
>;

/** Scores of one set of predictions. */
export interface Evaluator {
  /**
   * The metrics asked for, in that order.
   * - `accuracy`: share of right rows, or of right (row, label) pairs at probability 0.5;
   * - `balancedAccuracy`: mean recall of the classes that occur; `macroF1`: mean F1 of the classes that occur or are predicted;
   * - `auroc`, `averagePrecision`: mean over classes, one against the rest; of two classes the second one's;
   * - `r2`, `mae`: mean over the targets.
   *
   * @param weights one for each row; absent: 1
   */
  values(metrics: readonly MetricName[], weights?: Float64Array): number[];
  /** The same of each class. */
  perClass(): ClassScores[];
}

/**
 * @param scores `[rows, outputs]`: more is likelier (classification; any scale), probabilities (labels), values (regression)
 */
export function createEvaluator(truth: Truth, scores: Matrix): Evaluator {
  const ones = new Float64Array(scores.rows).fill(1);
  const counter = truth.task === "regression" ? undefined : createCounter(truth, scores);
  let rankings: Ranking[] | undefined;
  const ranked = (weights: Float64Array): RankedMeans => {
    rankings ??= rankAll(truth, scores);
    // of two classes the second one's: the first one's AUROC is the same, its precision is another question
    const binary = truth.task === "classification" && rankings.length === 2;
    return meanRanking(binary ? rankings.slice(1) : rankings, weights);
  };
  return {
    values(metrics, weights = ones) {
      const counts = metrics.some((name) => isCounted(name)) ? counter?.(weights) : undefined;
      const rank = metrics.some((name) => rankingMetrics.has(name)) ? ranked(weights) : undefined;
      const errors = truth.task === "regression" ? meanErrors(truth, scores, weights) : undefined;
      const all: Partial<Record<MetricName, number>> = { ...counts?.means, ...rank, ...errors };
      return metrics.map((name) => all[name] ?? Number.NaN);
    },
    perClass() {
      const counts = counter?.(ones);
      rankings ??= rankAll(truth, scores);
      return Array.from({ length: scores.columns }, (_, j) => {
        const { auroc, averagePrecision } =
          truth.task === "regression" ? noRanking : rankingScores((rankings as Ranking[])[j] as Ranking, ones);
        const { r2, mae } = truth.task === "regression" ? errorsOf(truth, scores, { weights: ones, j }) : noErrors;
        return { ...classCounts(counts, j), auroc, averagePrecision, r2, mae };
      });
    },
  };
}

const noRanking = { auroc: Number.NaN, averagePrecision: Number.NaN };
const noErrors = { r2: Number.NaN, mae: Number.NaN };
const isCounted = (name: MetricName): boolean =>
  name === "accuracy" || name === "balancedAccuracy" || name === "macroF1";

/** Class of the largest score of each row; the first of equals. */
export function predictedClasses({ data, rows, columns }: Matrix): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => {
    let best = 0;
    for (let j = 1; j < columns; j++)
      if ((data[i * columns + j] as number) > (data[i * columns + best] as number)) best = j;
    return best;
  });
}

/** Scores of predicted classes. */
export type PredictionScores = Readonly<Record<"accuracy" | "balancedAccuracy" | "macroF1", number>>;

/**
 * Accuracy, mean recall of the classes that occur, and mean F1, of predicted against true classes.
 *
 * @throws LejepaError E_SHAPE when the lengths differ or there is nothing
 */
export function scorePredictions(predicted: ArrayLike<number>, truth: ArrayLike<number>): PredictionScores {
  if (predicted.length !== truth.length || truth.length === 0) {
    const got = `${predicted.length} for ${truth.length}`;
    const expected = "one prediction for each of at least one label";
    throw new LejepaError({ code: "E_SHAPE", where: "accuracy", expected, got });
  }
  const classes = 1 + Math.max(...new Set([...Array.from(predicted), ...Array.from(truth)]));
  const labels = Int32Array.from(truth);
  const counts = emptyCounts(classes);
  const weights = new Float64Array(truth.length).fill(1);
  const accuracy = countClasses(counts, { labels, predicted: Int32Array.from(predicted), weights });
  return { accuracy, ...classMeans(counts) };
}

interface Counts {
  /** Weight of the rows of a class, of those predicted to be, and of those rightly so. */
  readonly support: Float64Array;
  readonly predicted: Float64Array;
  readonly hits: Float64Array;
  readonly means: PredictionScores;
}

const emptyCounts = (classes: number): Sums => ({
  support: new Float64Array(classes),
  predicted: new Float64Array(classes),
  hits: new Float64Array(classes),
});

function createCounter(truth: Truth, scores: Matrix): (weights: Float64Array) => Counts {
  const classes = scores.columns;
  const predicted = truth.task === "classification" ? predictedClasses(scores) : undefined;
  return (weights) => {
    const counts = emptyCounts(classes);
    const accuracy =
      predicted === undefined
        ? countLabels(counts, { truth, scores, weights })
        : countClasses(counts, { labels: truth.labels, predicted, weights });
    return { ...counts, means: { accuracy, ...classMeans(counts) } };
  };
}

type Sums = Omit<Counts, "means">;

function countClasses(
  { support, predicted, hits }: Sums,
  input: { readonly labels: Int32Array; readonly predicted: Int32Array; readonly weights: Float64Array },
): number {
  const { labels } = input;
  let all = 0;
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const weight = input.weights[i] as number;
    const label = labels[i] as number;
    const guess = input.predicted[i] as number;
    all += weight;
    support[label] = (support[label] as number) + weight;
    predicted[guess] = (predicted[guess] as number) + weight;
    if (label !== guess) continue;
    right += weight;
    hits[label] = (hits[label] as number) + weight;
  }
  return right / all;
}

function countLabels(
  { support, predicted, hits }: Sums,
  { truth, scores, weights }: { readonly truth: Truth; readonly scores: Matrix; readonly weights: Float64Array },
): number {
  let all = 0;
  let right = 0;
  for (let at = 0; at < scores.data.length; at++) {
    const value = truth.values.data[at] as number;
    if (Number.isNaN(value)) continue;
    const j = at % scores.columns;
    const weight = weights[(at - j) / scores.columns] as number;
    const guess = (scores.data[at] as number) > 0.5 ? 1 : 0;
    all += weight;
    if (guess === value) right += weight;
    if (value === 1) support[j] = (support[j] as number) + weight;
    if (guess === 1) predicted[j] = (predicted[j] as number) + weight;
    if (guess === 1 && value === 1) hits[j] = (hits[j] as number) + weight;
  }
  return right / all;
}

function classMeans({ support, predicted, hits }: Sums): {
  readonly balancedAccuracy: number;
  readonly macroF1: number;
} {
  let [recalls, present, f1, used] = [0, 0, 0, 0];
  for (let j = 0; j < hits.length; j++) {
    const [n, guessed, right] = [support[j] as number, predicted[j] as number, hits[j] as number];
    if (n > 0) {
      recalls += right / n;
      present++;
    }
    if (n + guessed > 0) {
      f1 += (2 * right) / (n + guessed);
      used++;
    }
  }
  return { balancedAccuracy: recalls / present, macroF1: f1 / used };
}

function classCounts(counts: Sums | undefined, j: number): Pick<ClassScores, "recall" | "precision" | "f1"> {
  const [n, guessed, right] = [counts?.support[j] ?? 0, counts?.predicted[j] ?? 0, counts?.hits[j] ?? 0];
  return { recall: right / n, precision: right / guessed, f1: (2 * right) / (n + guessed) };
}

function rankAll({ values }: Truth, scores: Matrix): Ranking[] {
  const column = ({ data, columns, rows }: Matrix, j: number): Float32Array =>
    Float32Array.from({ length: rows }, (_, i) => data[i * columns + j] as number);
  return Array.from({ length: scores.columns }, (_, j) => rankRows(column(scores, j), column(values, j)));
}

interface RankedMeans {
  readonly auroc: number;
  readonly averagePrecision: number;
}

function meanRanking(rankings: readonly Ranking[], weights: Float64Array): RankedMeans {
  const each = rankings.map((ranking) => rankingScores(ranking, weights));
  return {
    auroc: meanOfDefined(each.map(({ auroc }) => auroc)),
    averagePrecision: meanOfDefined(each.map(({ averagePrecision }) => averagePrecision)),
  };
}

function meanErrors(
  truth: Truth,
  scores: Matrix,
  weights: Float64Array,
): { readonly r2: number; readonly mae: number } {
  const each = Array.from({ length: scores.columns }, (_, j) => errorsOf(truth, scores, { weights, j }));
  return { r2: meanOfDefined(each.map(({ r2 }) => r2)), mae: meanOfDefined(each.map(({ mae }) => mae)) };
}

// of one target: 1 - squared errors / squared deviations from the mean, and the mean absolute error
function errorsOf(
  { values }: Truth,
  scores: Matrix,
  { weights, j }: { readonly weights: Float64Array; readonly j: number },
): { readonly r2: number; readonly mae: number } {
  let [all, sum, squares, squaredErrors, errors] = [0, 0, 0, 0, 0];
  for (let i = 0; i < scores.rows; i++) {
    const y = values.data[i * scores.columns + j] as number;
    if (Number.isNaN(y)) continue;
    const weight = weights[i] as number;
    const error = y - (scores.data[i * scores.columns + j] as number);
    all += weight;
    sum += weight * y;
    squares += weight * y * y;
    squaredErrors += weight * error * error;
    errors += weight * Math.abs(error);
  }
  const deviations = squares - (sum * sum) / all;
  return { r2: deviations > 0 ? 1 - squaredErrors / deviations : Number.NaN, mae: errors / all };
}

/** Mean of the values that are numbers; NaN when none is. */
export function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
