// The linear probe: multinomial logistic regression on frozen features. Deterministic and convex, so nothing is tuned but
// the regularisation, on validation rows. Deviation from the paper (arXiv:2511.08544), which trains the head with SGD.
import { LejepaError } from "@lejepa/contracts";
import { lbfgs, type Objective } from "./lbfgs.ts";
import { columnScaling, type Matrix, scaleColumns } from "./matrix.ts";
import { balancedAccuracy } from "./scores.ts";

/** Features with the class of each row, 0 .. classes-1. */
export interface LabelledFeatures {
  readonly features: Matrix;
  readonly labels: ArrayLike<number>;
}

/** A linear classifier: `argmax(weight x + bias)`. */
export interface LinearClassifier {
  readonly classes: number;
  /** `[classes, columns]` */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** Options of {@link fitLogistic}. */
export interface LogisticOptions {
  readonly classes: number;
  /** Inverse regularisation, scikit-learn's `C`. */
  readonly c: number;
  /** Where the search starts; default zeros. */
  readonly start?: LinearClassifier | undefined;
  /** Default 200. */
  readonly maxIterations?: number | undefined;
  /** Largest element of the gradient at which the search ends; default 1e-5. */
  readonly tolerance?: number | undefined;
}

/**
 * Minimises `|W|^2 / (2 C n) + mean_i(-log softmax(W x_i + b)[y_i])`: scikit-learn's LogisticRegression; the bias is free.
 *
 * @throws LejepaError E_SHAPE when labels and rows differ in number
 */
export function fitLogistic(data: LabelledFeatures, options: LogisticOptions): LinearClassifier {
  const { classes, start, maxIterations = 200, tolerance = 1e-5 } = options;
  const { columns, rows } = data.features;
  if (data.labels.length !== rows || rows === 0) {
    throw new LejepaError({
      code: "E_SHAPE",
      where: "linear probe",
      expected: `${rows} labels`,
      got: `${data.labels.length}`,
    });
  }
  const initial = new Float64Array(classes * (columns + 1));
  if (start !== undefined) {
    initial.set(start.weight);
    initial.set(start.bias, classes * columns);
  }
  const best = lbfgs(logisticLoss(data, options), initial, { tolerance, maxIterations });
  return { classes, weight: best.slice(0, classes * columns), bias: best.slice(classes * columns) };
}

function logisticLoss({ features, labels }: LabelledFeatures, { classes, c }: LogisticOptions): Objective {
  const { data, rows, columns } = features;
  const scores = new Float64Array(classes);
  const biases = classes * columns;
  return (w, gradient) => {
    const strength = 1 / (c * rows);
    let value = 0;
    for (let i = 0; i < biases; i++) value += (w[i] as number) ** 2;
    value *= strength / 2;
    gradient.fill(0);
    for (let i = 0; i < rows; i++) {
      linearScores(w, { data, at: i * columns, columns, classes }, scores);
      value += crossEntropy(scores, labels[i] as number) / rows;
      for (let k = 0; k < classes; k++) {
        const residual = (scores[k] as number) / rows;
        gradient[biases + k] = (gradient[biases + k] as number) + residual;
        const row = k * columns;
        for (let j = 0; j < columns; j++)
          gradient[row + j] = (gradient[row + j] as number) + residual * (data[i * columns + j] as number);
      }
    }
    for (let i = 0; i < biases; i++) gradient[i] = (gradient[i] as number) + strength * (w[i] as number);
    return value;
  };
}

interface Row {
  readonly data: Float32Array;
  readonly at: number;
  readonly columns: number;
  readonly classes: number;
}

function linearScores(w: Float64Array, { data, at, columns, classes }: Row, out: Float64Array): void {
  for (let k = 0; k < classes; k++) {
    const row = k * columns;
    let even = w[classes * columns + k] as number;
    let odd = 0;
    let j = 0;
    for (; j + 1 < columns; j += 2) {
      even += (w[row + j] as number) * (data[at + j] as number);
      odd += (w[row + j + 1] as number) * (data[at + j + 1] as number);
    }
    if (j < columns) even += (w[row + j] as number) * (data[at + j] as number);
    out[k] = even + odd;
  }
}

// turns scores into softmax minus one-hot, in place
function crossEntropy(scores: Float64Array, label: number): number {
  const top = Math.max(...scores);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum += Math.exp((scores[k] as number) - top);
  const loss = top + Math.log(sum) - (scores[label] as number);
  for (let k = 0; k < scores.length; k++)
    scores[k] = Math.exp((scores[k] as number) - top) / sum - (k === label ? 1 : 0);
  return loss;
}

/** Class of each row; equal scores go to the smaller class. */
export function predictLinear(
  { classes, weight, bias }: LinearClassifier,
  { data, rows, columns }: Matrix,
): Int32Array {
  const w = new Float64Array(weight.length + bias.length);
  w.set(weight);
  w.set(bias, weight.length);
  const scores = new Float64Array(classes);
  return Int32Array.from({ length: rows }, (_, i) => {
    linearScores(w, { data, at: i * columns, columns, classes }, scores);
    return scores.indexOf(Math.max(...scores));
  });
}

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions {
  readonly train: LabelledFeatures;
  /** Chooses the regularisation; may not be the test rows. */
  readonly validation: LabelledFeatures;
  /** What to classify. */
  readonly test: Matrix;
  readonly classes: number;
  /** Inverse regularisations to try, ascending; default 0.001, 0.01, 0.1, 1. */
  readonly grid?: readonly number[] | undefined;
}

/** What {@link linearProbe} found. */
export interface LinearProbeResult {
  readonly predictions: Int32Array;
  /** The chosen inverse regularisation. */
  readonly c: number;
  /** Balanced accuracy on the validation rows at that choice. */
  readonly validation: number;
}

/**
 * Standardises the columns by the training rows, fits a logistic regression for each regularisation (warm start, at most 50 steps each), keeps
 * the one with the best balanced accuracy on the validation rows (the stronger regularisation on a tie), classifies `test`.
 * LayerNorm of the features, which the paper's protocol puts first, is the caller's (`layerNormRows`).
 *
 * @throws LejepaError E_SHAPE when features and labels do not fit
 */
export function linearProbe(options: LinearProbeOptions): LinearProbeResult {
  const { train, validation, test, classes, grid = [0.001, 0.01, 0.1, 1] } = options;
  const scaling = columnScaling(train.features);
  const known = { labels: train.labels, features: scaleColumns(train.features, scaling) };
  const held = scaleColumns(validation.features, scaling);
  let fitted: LinearClassifier | undefined;
  let best: { classifier: LinearClassifier; c: number; validation: number } | undefined;
  for (const c of grid) {
    fitted = fitLogistic(known, { classes, c, start: fitted, maxIterations: 50, tolerance: 1e-4 });
    const score = balancedAccuracy(predictLinear(fitted, held), validation.labels);
    if (best === undefined || score > best.validation) best = { classifier: fitted, c, validation: score };
  }
  if (best === undefined) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "linear probe",
      expected: "at least one regularisation",
      got: "none",
    });
  }
  return {
    predictions: predictLinear(best.classifier, scaleColumns(test, scaling)),
    c: best.c,
    validation: best.validation,
  };
}
