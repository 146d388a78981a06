// A look at the frozen features while training: kNN and a linear classifier on the validation images, on a few thousand
// images and with fixed settings. The numbers to publish come from `compareEncoders` of @lejepa/eval.
import { type Config, stream } from "@lejepa/contracts";
import type { ImageStore, Splits } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import {
  extractFeatures,
  type FrozenFeatures,
  type ImageSpec,
  knnClassify,
  layerNormRows,
  logisticProbe,
  scorePredictions,
} from "@lejepa/eval";
import type { Model, ModelValues } from "./model.ts";
import { namedValues } from "./state.ts";

/** Balanced accuracies (mean of the classes' recalls). */
export interface ProbeResult {
  readonly knn: number;
  readonly linear: number;
}

/** What is probed. */
export interface ProbeOptions {
  readonly config: Pick<Config, "probe" | "seed">;
  readonly model: Model;
  readonly store: ImageStore;
  readonly splits: Splits;
  readonly image: ImageSpec;
  readonly signal?: AbortSignal | undefined;
}

const limits = { train: 4_000, validation: 2_000 };
// chosen once for standardised features; the online probe compares a run with itself
const inverseRegularisation = 0.01;

/** Why these data cannot be probed; `undefined` when they can. */
export function whyNoProbe({
  config,
  store,
  splits,
}: Pick<ProbeOptions, "config" | "store" | "splits">): string | undefined {
  if (config.probe.everyEpochs === 0) return "probe.everyEpochs is 0";
  const train = new Set(labelsOf(store, labelled(store, splits.train)));
  if (train.size < 2) return train.size === 0 ? "the images have no labels" : "all labelled images are of one class";
  const known = labelsOf(store, labelled(store, splits.validation)).some((label) => train.has(label));
  return known ? undefined : "no validation image has a label that is also in training (data.splits.validation)";
}

/**
 * Probes the encoder: at most 4 000 training and 2 000 validation images, drawn by the seed, the same each time.
 */
export async function probeOnline(engine: Engine, values: ModelValues, options: ProbeOptions): Promise<ProbeResult> {
  const { config, model, store, splits, image, signal } = options;
  const train = draw(labelled(store, splits.train), limits.train, config.seed);
  const validation = draw(labelled(store, splits.validation), limits.validation, config.seed);
  const frozen = { encoder: model.encoder, values: namedValues(model, values), ...image, store, signal };
  const a = await extractFeatures(engine, { ...frozen, rows: train });
  const b = await extractFeatures(engine, { ...frozen, rows: validation });
  const known = labelsOf(store, train);
  const truth = labelsOf(store, validation);
  const classes = store.classes.length;
  const voters = { train: a.embedding, labels: known, test: b.embedding, classes, k: config.probe.knnK };
  const knn = await knnClassify(engine, voters);
  const linear = await linearPredictions(engine, [a, b], { known, truth, classes });
  return {
    knn: scorePredictions(knn, truth).balancedAccuracy,
    linear: scorePredictions(linear, truth).balancedAccuracy,
  };
}

interface Labels {
  readonly known: Int32Array;
  readonly truth: Int32Array;
  readonly classes: number;
}

async function linearPredictions(
  engine: Engine,
  [a, b]: readonly [FrozenFeatures, FrozenFeatures],
  { known, truth, classes }: Labels,
): Promise<Int32Array> {
  const test = layerNormRows(b.probe);
  // one setting, so the validation rows choose nothing
  const { predictions } = await logisticProbe(engine, {
    train: { features: layerNormRows(a.probe), labels: known },
    validation: { features: test, labels: truth },
    test,
    classes,
    grid: [inverseRegularisation],
  });
  return predictions;
}

const labelled = ({ labels }: ImageStore, rows: Uint32Array): Uint32Array =>
  rows.filter((row) => (labels[row] as number) >= 0);

function draw(rows: Uint32Array, limit: number, seed: number): Uint32Array {
  if (rows.length <= limit) return rows;
  const chosen = stream(seed, "online probe").permutation(rows.length).slice(0, limit);
  return chosen.map((i) => rows[i] as number).sort();
}

const labelsOf = ({ labels }: ImageStore, rows: Uint32Array): Int32Array =>
  Int32Array.from(rows, (row) => labels[row] as number);
