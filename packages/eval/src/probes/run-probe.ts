// One probe of one encoder on one draw: learns on the drawn training rows, chooses on the validation rows, predicts the
// validation and test rows. Test targets do not come in here, so no choice can see them.
import type { MetricName, ProbeName } from "../comparison-schema.ts";
import { type Matrix, pickRows } from "../matrix.ts";
import { createEvaluator } from "../statistics/metrics.ts";
import type { Truth } from "../targets.ts";
import { trainHeads } from "./adamw-probe.ts";
import { classMeans } from "./class-means.ts";
import type { PreparedFeatures } from "./features.ts";
import { disposeBatch, type HeadLossKind, type Kernel } from "./kernel.ts";
import { findNeighbours, voteOfNeighbours } from "./knn.ts";
import { chooseRegression, type LinearModel } from "./regression.ts";

/** Values that validation rows choose from. */
export interface Grids {
  readonly k: readonly number[];
  readonly c: readonly number[];
  readonly learningRate: readonly number[];
}

/** The default grids. `c`: also `1 / alpha` of ridge regression. */
export const defaultGrids: Grids = {
  k: [1, 3, 5, 10, 20, 50, 100],
  c: [1e-4, 1e-3, 1e-2, 0.1, 1],
  learningRate: [1e-3, 3e-3, 1e-2],
};

/** What a probe is given. */
export interface ProbeInput {
  readonly features: PreparedFeatures;
  /** Positions in the training split to learn from. */
  readonly positions: Uint32Array;
  readonly train: Truth;
  readonly validation: Truth;
  /** What the validation rows are scored by. */
  readonly metric: MetricName;
  readonly grids: Grids;
  /** Of whatever is random in a probe. */
  readonly seed: number;
}

/** What a probe found. */
export interface ProbeOutput {
  /** `[test rows, outputs]`; see `createEvaluator`. */
  readonly scores: Matrix;
  readonly chosen: Readonly<Record<string, number>>;
  /** Score on the validation rows; NaN when nothing was chosen or it is not defined. */
  readonly validation: number;
}

/** Probes of frozen features. */
export type FrozenProbe = Exclude<ProbeName, "finetune">;

/** Which probes suit a task. */
export function probeSuits(probe: ProbeName, task: Truth["task"]): boolean {
  if (probe === "finetune") return task === "classification";
  return probe !== "ncm" || task !== "regression";
}

/**
 * Runs a probe. Deterministic: the same input gives the same scores (on one device).
 *
 * @throws LejepaError E_NAN when a loss is not a number
 */
export function runProbe(kernel: Kernel, probe: FrozenProbe, input: ProbeInput): Promise<ProbeOutput> {
  return probes[probe](kernel, input);
}

const probes: Readonly<Record<FrozenProbe, (kernel: Kernel, input: ProbeInput) => Promise<ProbeOutput>>> = {
  knn: runKnn,
  ncm: runClassMeans,
  logistic: runRegression,
  linear: runAdamw,
};

async function runKnn(kernel: Kernel, input: ProbeInput): Promise<ProbeOutput> {
  const { features, positions, grids } = input;
  const train = pickRows(features.unit.train, positions);
  const values = pickRows(input.train.values, positions);
  const most = Math.max(...grids.k);
  const held = await findNeighbours(kernel, { train, asked: features.unit.validation, k: most });
  // a larger k than there are rows is the same vote as all of them
  const grid = grids.k.filter((k, i) => i === 0 || k <= train.rows);
  const scored = grid.map((k) => ({ k, validation: score(input, voteOfNeighbours(held, values, { k })) }));
  const best = bestOf(scored);
  const asked = await findNeighbours(kernel, { train, asked: features.unit.test, k: best.k });
  return {
    scores: voteOfNeighbours(asked, values, { k: best.k }),
    chosen: { k: best.k },
    validation: best.validation,
  };
}

async function runClassMeans(kernel: Kernel, input: ProbeInput): Promise<ProbeOutput> {
  const { features, positions } = input;
  const x = pickRows(features.unit.train, positions);
  const y = pickRows(input.train.values, positions);
  const cosines = await kernel.products(features.unit.test, classMeans(x, y, 1));
  if (input.train.task === "classification") return { scores: cosines, chosen: {}, validation: Number.NaN };
  // labels: nearer to the mean of those with the label or without; 0.5 is half way
  const others = await kernel.products(features.unit.test, classMeans(x, y, 0));
  const data = cosines.data.map((value, i) => 0.5 + (value - (others.data[i] as number)) / 4);
  return { scores: { ...cosines, data }, chosen: {}, validation: Number.NaN };
}

async function runRegression(kernel: Kernel, input: ProbeInput): Promise<ProbeOutput> {
  const { features, positions, grids } = input;
  const { targets, restore } = centred(input, positions);
  const batch = await kernel.batch(kindOf(input.train), pickRows(features.standard.train, positions), targets);
  const held = await kernel.upload(features.standard.validation);
  const predict = async (model: LinearModel, x: Parameters<Kernel["products"]>[0]): Promise<Matrix> =>
    restore(await outputs(kernel, model, { x, train: input.train }));
  try {
    const { model, c, validation } = await chooseRegression(kernel, batch, {
      grid: grids.c,
      score: async (candidate) => score(input, await predict(candidate, held)),
    });
    return { scores: await predict(model, features.standard.test), chosen: { C: c }, validation };
  } finally {
    disposeBatch(batch);
    held.dispose();
  }
}

async function runAdamw(kernel: Kernel, input: ProbeInput): Promise<ProbeOutput> {
  const { features, positions, grids, seed } = input;
  const { targets, restore } = centred(input, positions);
  const data = { x: pickRows(features.normed.train, positions), y: targets };
  const learningRates = grids.learningRate;
  const heads = await trainHeads(kernel, data, { kind: kindOf(input.train), learningRates, seed });
  const predict = async (model: LinearModel, x: Matrix): Promise<Matrix> =>
    restore(await outputs(kernel, model, { x, train: input.train }));
  const scored: { model: LinearModel; learningRate: number; validation: number }[] = [];
  for (const [i, model] of heads.entries()) {
    const validation = score(input, await predict(model, features.normed.validation));
    scored.push({ model, learningRate: learningRates[i] as number, validation });
  }
  const { model, learningRate, validation } = bestOf(scored);
  return { scores: await predict(model, features.normed.test), chosen: { learningRate }, validation };
}

const kindOf = ({ task }: Truth): HeadLossKind =>
  task === "classification" ? "softmax" : task === "multilabel" ? "sigmoid" : "squares";

/** First of the candidates with the best score on the validation rows. */
function bestOf<T extends { readonly validation: number }>(candidates: readonly T[]): T {
  return candidates.reduce((best, next) => (next.validation > best.validation ? next : best));
}

// NaN (no such class in the validation rows) must lose against any number
function score({ validation, metric }: ProbeInput, scores: Matrix): number {
  const [value = Number.NaN] = createEvaluator(validation, scores).values([metric]);
  return Number.isNaN(value) ? -Infinity : metric === "mae" ? -value : value;
}

// class probabilities as differences to the largest score (their order over rows is what counts), label probabilities, values
async function outputs(
  kernel: Kernel,
  { weight, bias }: LinearModel,
  { x, train }: { readonly x: Parameters<Kernel["products"]>[0]; readonly train: Truth },
): Promise<Matrix> {
  const columns = bias.length;
  const products = await kernel.products(x, {
    data: Float32Array.from(weight),
    rows: columns,
    columns: weight.length / columns,
  });
  const { data, rows } = products;
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    for (let j = 0; j < columns; j++) row[j] = (row[j] as number) + (bias[j] as number);
    if (train.task === "multilabel") for (let j = 0; j < columns; j++) row[j] = 1 / (1 + Math.exp(-(row[j] as number)));
    if (train.task === "classification") logSoftmax(row);
  }
  return products;
}

// log, not probabilities: those round to 1 and tie
function logSoftmax(row: Float32Array): void {
  const most = Math.max(...row);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - most);
  const log = most + Math.log(sum);
  for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - log;
}

interface CentredTargets {
  readonly targets: Matrix;
  restore(m: Matrix): Matrix;
}

// numbers are fitted at mean 0 and deviation 1, so that one grid of regularisations suits all of them
function centred({ train }: ProbeInput, positions: Uint32Array): CentredTargets {
  const picked = pickRows(train.values, positions);
  if (train.task !== "regression") return { targets: picked, restore: (m) => m };
  const { columns } = picked;
  const statistics = Array.from({ length: columns }, (_, j) => {
    const known = Array.from({ length: picked.rows }, (_unused, i) => picked.data[i * columns + j] as number).filter(
      (value) => !Number.isNaN(value),
    );
    const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, scale: Math.sqrt(squares / Math.max(1, known.length)) || 1 };
  });
  const map = (m: Matrix, f: (value: number, s: { mean: number; scale: number }) => number): Matrix => ({
    ...m,
    data: m.data.map((value, i) => f(value, statistics[i % columns] as { mean: number; scale: number })),
  });
  return {
    targets: map(picked, (value, { mean, scale }) => (value - mean) / scale),
    restore: (m) => map(m, (value, { mean, scale }) => value * scale + mean),
  };
}
