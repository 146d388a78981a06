// Regularised linear models on frozen features: multinomial logistic regression for classes, one logistic regression for each
// label, ridge regression for numbers. Full batch and convex, so deterministic; nothing is tuned but the regularisation, on
// validation rows. Deviation from the paper (arXiv:2511.08544), which trains the head with AdamW: that is `adamw-probe.ts`.
import { LejepaError } from "@lejepa/contracts";
import type { HeadBatch, Kernel } from "./kernel.ts";
import { lbfgs, type Objective } from "./lbfgs.ts";

/** A linear model: scores are `weight x + bias`. */
export interface LinearModel {
  /** `[outputs, columns]` */
  readonly weight: Float64Array;
  /** `[outputs]` */
  readonly bias: Float64Array;
}

/** Options of {@link fitRegression}. */
export interface RegressionOptions {
  /** Inverse regularisation: scikit-learn's `C` of LogisticRegression, `1 / alpha` of Ridge. */
  readonly c: number;
  /** Where the search starts; default zeros. */
  readonly start?: LinearModel | undefined;
  /** Default 1000. */
  readonly maxIterations?: number | undefined;
  /** Largest element of the gradient at which the search ends; default 1e-5. */
  readonly tolerance?: number | undefined;
}

/**
 * Minimises `|W|^2 / (2 C n) + sum_i loss(W x_i + b, y_i) / n`: scikit-learn's LogisticRegression (softmax over all outputs,
 * or a sigmoid for each) and Ridge; the bias is free.
 *
 * @throws LejepaError E_NAN when the loss is not a number
 */
export async function fitRegression(
  kernel: Kernel,
  batch: HeadBatch,
  options: RegressionOptions,
): Promise<LinearModel> {
  const { start, maxIterations = 1000, tolerance = 1e-5 } = options;
  const { columns, outputs } = batch;
  const initial = new Float64Array(outputs * (columns + 1));
  if (start !== undefined) {
    initial.set(start.weight);
    initial.set(start.bias, outputs * columns);
  }
  const best = await lbfgs(regularisedLoss(kernel, batch, options.c), initial, { tolerance, maxIterations });
  return { weight: best.slice(0, outputs * columns), bias: best.slice(outputs * columns) };
}

function regularisedLoss(kernel: Kernel, batch: HeadBatch, c: number): Objective {
  const { columns, outputs, rows } = batch;
  const weights = outputs * columns;
  const strength = 1 / (c * rows);
  return async (point, gradient) => {
    const weight = Float32Array.from(point.subarray(0, weights));
    const bias = Float32Array.from(point.subarray(weights));
    const out = await kernel.headLoss(batch, { heads: 1, weight, bias });
    let squares = 0;
    for (let i = 0; i < weights; i++) {
      const w = point[i] as number;
      squares += w * w;
      gradient[i] = (out.weight[i] as number) + strength * w;
    }
    gradient.set(out.bias, weights);
    const value = (out.loss[0] as number) + (strength / 2) * squares;
    if (Number.isFinite(value)) return value;
    const problem = `the loss is ${value} at C = ${c}`;
    throw new LejepaError({ code: "E_NAN", where: "linear probe", problem, hint: "Are the features finite?" });
  };
}

/** A fitted model with the regularisation that validation rows chose. */
export interface ChosenModel {
  readonly model: LinearModel;
  readonly c: number;
  /** Its score on the validation rows. */
  readonly validation: number;
}

/**
 * The model of the `C` with the best score, the most regularised of equals. Each search starts from the last one's end.
 *
 * @param grid ascending
 * @param score of a model on validation rows; more is better
 * @throws LejepaError E_USAGE for an empty grid, E_NAN
 */
export async function chooseRegression(
  kernel: Kernel,
  batch: HeadBatch,
  { grid, score }: { readonly grid: readonly number[]; score(model: LinearModel): Promise<number> },
): Promise<ChosenModel> {
  let start: LinearModel | undefined;
  let best: ChosenModel | undefined;
  for (const c of grid) {
    start = await fitRegression(kernel, batch, { c, start });
    const validation = await score(start);
    if (best === undefined || validation > best.validation) best = { model: start, c, validation };
  }
  if (best !== undefined) return best;
  const expected = "at least one regularisation";
  throw new LejepaError({ code: "E_USAGE", where: "linear probe", expected, got: "none" });
}
