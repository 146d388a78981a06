// The paper's linear probe (arXiv:2511.08544): LayerNorm of the features, a linear head trained with AdamW, weight decay 1e-6,
// the learning rate warmed up and lowered by a cosine. The learning rate, which the paper does not give, is chosen on
// validation rows: all of the grid are trained at once, as rows of one weight matrix. Own loop: the optimizer of
// @lejepa/train belongs to a layer above.
import { stream } from "@lejepa/contracts";
import { type Matrix, pickRows } from "../matrix.ts";
import { disposeBatch, type HeadBatch, type HeadGradient, type HeadLossKind, type Kernel } from "./kernel.ts";
import type { LinearModel } from "./regression.ts";

/** Options of {@link trainHeads}. */
export interface TrainHeadsOptions {
  readonly kind: HeadLossKind;
  /** Highest learning rate of each head. */
  readonly learningRates: readonly number[];
  /** Of the order of rows. */
  readonly seed: number;
  /** Default 100. */
  readonly epochs?: number | undefined;
  /** Rows a step; default 256, at most all. */
  readonly batchSize?: number | undefined;
}

const decay = 1e-6;
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

interface Moments {
  readonly value: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * Trains one head for each learning rate with PyTorch's AdamW from zeros; an epoch is whole batches of a new order (the rest
 * waits for the next). The same inputs give the same heads.
 *
 * @param x `[rows, columns]`, layer-normalised
 * @param y `[rows, outputs]`
 */
export async function trainHeads(
  kernel: Kernel,
  data: { readonly x: Matrix; readonly y: Matrix },
  options: TrainHeadsOptions,
): Promise<LinearModel[]> {
  const { kind, learningRates, seed, epochs = 100, batchSize = 256 } = options;
  const { x, y } = data;
  const heads = learningRates.length;
  const size = Math.min(batchSize, x.rows);
  const perEpoch = Math.floor(x.rows / size);
  const weight = moments(heads * y.columns * x.columns);
  const bias = moments(heads * y.columns);
  const step = { total: epochs * perEpoch, done: 0 };
  // few rows are one batch, the same at every step
  const whole = size === x.rows ? await kernel.batch(kind, x, y) : undefined;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = stream(seed, "linear probe", epoch).permutation(x.rows);
    for (let b = 0; b < perEpoch; b++) {
      const rows = order.subarray(b * size, (b + 1) * size);
      const batch: HeadBatch = whole ?? (await kernel.batch(kind, pickRows(x, rows), pickRows(y, rows)));
      const gradient = await kernel.headLoss(batch, { heads, weight: weight.value, bias: bias.value });
      if (whole === undefined) disposeBatch(batch);
      step.done++;
      update({ weight, bias, gradient }, { learningRates, ...step });
    }
  }
  if (whole !== undefined) disposeBatch(whole);
  const part = (all: Float32Array, head: number): Float64Array =>
    Float64Array.from(all.subarray((head * all.length) / heads, ((head + 1) * all.length) / heads));
  return learningRates.map((_, head) => ({ weight: part(weight.value, head), bias: part(bias.value, head) }));
}

const moments = (length: number): Moments => ({
  value: new Float32Array(length),
  first: new Float32Array(length),
  second: new Float32Array(length),
});

/** Share of the highest learning rate at step 1 .. total: a tenth of the steps up, then a cosine down to a thousandth. */
function rateShare(step: number, total: number): number {
  const warmUp = Math.ceil(total / 10);
  if (step <= warmUp) return step / warmUp;
  const done = (step - warmUp) / (total - warmUp);
  return 0.001 + 0.999 * 0.5 * (1 + Math.cos(Math.PI * done));
}

interface Step {
  readonly learningRates: readonly number[];
  readonly done: number;
  readonly total: number;
}

function update(
  { weight, bias, gradient }: { readonly weight: Moments; readonly bias: Moments; readonly gradient: HeadGradient },
  { learningRates, done, total }: Step,
): void {
  const share = rateShare(done, total);
  for (const [head, rate] of learningRates.entries()) {
    adamw(weight, gradient.weight, { rate: rate * share, done, head, heads: learningRates.length });
    adamw(bias, gradient.bias, { rate: rate * share, done, head, heads: learningRates.length });
  }
}

interface HeadStep {
  readonly rate: number;
  readonly done: number;
  readonly head: number;
  readonly heads: number;
}

function adamw({ value, first, second }: Moments, gradient: Float32Array, { rate, done, head, heads }: HeadStep): void {
  const size = value.length / heads;
  const correction1 = 1 - beta1 ** done;
  const root2 = Math.sqrt(1 - beta2 ** done);
  for (let i = head * size; i < (head + 1) * size; i++) {
    const g = gradient[i] as number;
    const m = beta1 * (first[i] as number) + (1 - beta1) * g;
    const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    value[i] =
      (value[i] as number) * (1 - rate * decay) - ((rate / correction1) * m) / (Math.sqrt(v) / root2 + epsilon);
  }
}
