// How good features are by labels, where there are any: the number that label-free measures are checked against. Not the
// comparison to publish, which is `lejepa compare`.
import type { ImageStore, Splits } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import {
  extractFeatures,
  knnClassify,
  layerNormRows,
  type LoadedEncoder,
  logisticProbe,
  scorePredictions,
} from "@lejepa/eval";

/** What is probed. */
export interface ProbeAccuracyOptions {
  readonly model: LoadedEncoder;
  readonly store: ImageStore;
  readonly splits: Splits;
  readonly signal: AbortSignal;
}

const neighbours = 20;
/** Of the linear probe where no rows are left to choose it on: scikit-learn's C for standardised features. */
const fixedC = 0.01;

/**
 * Balanced accuracies of a linear probe and of kNN, learned on training rows and measured on the test rows; without those on the
 * validation rows, with a fixed regularisation. A sentence where there are not labels enough.
 */
export async function probeAccuracy(
  engine: Engine,
  { model, store, splits, signal }: ProbeAccuracyOptions,
): Promise<{ readonly linear: number; readonly knn: number } | string> {
  const labelled = (rows: Uint32Array): Uint32Array => rows.filter((row) => (store.labels[row] as number) >= 0);
  const [train, validation, test] = [labelled(splits.train), labelled(splits.validation), labelled(splits.test)];
  const truth = labelsOf(store, test.length > 0 ? test : validation);
  if (store.classes.length === 0) return "the images have no labels";
  if (new Set(labelsOf(store, train)).size < 2) return "the training images are of one class";
  if (truth.length === 0) return "no labelled images were held out";
  const { encoder, values, image } = model;
  const featuresOf = (rows: Uint32Array) => extractFeatures(engine, { encoder, values, ...image, store, rows, signal });
  const [a, b] = [await featuresOf(train), await featuresOf(test.length > 0 ? test : validation)];
  const chooses = test.length > 0 && validation.length > 0;
  const held = chooses ? await featuresOf(validation) : b;
  const known = labelsOf(store, train);
  const classes = store.classes.length;
  const linear = await logisticProbe(engine, {
    train: { features: layerNormRows(a.probe), labels: known },
    validation: { features: layerNormRows(held.probe), labels: chooses ? labelsOf(store, validation) : truth },
    test: layerNormRows(b.probe),
    classes,
    ...(!chooses && { grid: [fixedC] }),
  });
  const knn = await knnClassify(engine, {
    train: a.embedding,
    labels: known,
    test: b.embedding,
    classes,
    k: neighbours,
  });
  const score = (predicted: Int32Array): number => scorePredictions(predicted, truth).balancedAccuracy;
  return { linear: score(linear.predictions), knn: score(knn) };
}

const labelsOf = ({ labels }: ImageStore, rows: Uint32Array): Int32Array =>
  Int32Array.from(rows, (row) => labels[row] as number);
