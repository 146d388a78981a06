// kNN and linear probe of frozen features by cross-validation over groups: for sets too small to hold a test split out.
import { stream } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import { knnClassify, layerNormRows, logisticProbe, type Matrix, pickRows, scorePredictions } from "@lejepa/eval";

/** Balanced accuracies over all folds together. */
export interface FoldScores {
  readonly knn: number;
  readonly linear: number;
}

/** What is probed. */
export interface CrossValidation {
  /** For kNN. */
  readonly embedding: Matrix;
  /** For the linear probe. */
  readonly features: Matrix;
  readonly store: ImageStore;
  readonly mergeClasses?: ((name: string) => string) | undefined;
}

const folds = 5;

/** Every image is predicted once, by probes that have seen nothing of its group. */
export async function crossValidate(
  engine: Engine,
  { embedding, features, store, mergeClasses = (name) => name }: CrossValidation,
): Promise<FoldScores> {
  const names = [...new Set(store.classes.map(mergeClasses))];
  const labels = Int32Array.from(store.labels, (label) => names.indexOf(mergeClasses(store.classes[label] as string)));
  const foldOf = assignFolds(store);
  const normed = layerNormRows(features);
  const knn = new Int32Array(store.count);
  const linear = new Int32Array(store.count);
  const classes = names.length;
  for (let fold = 0; fold < folds; fold++) {
    const rows = (keep: (other: number) => boolean): number[] =>
      [...foldOf.keys()].filter((i) => keep(foldOf[i] as number));
    const held = rows((other) => other === fold);
    const chosen = rows((other) => other === (fold + 1) % folds);
    const train = rows((other) => other !== fold && other !== (fold + 1) % folds);
    const known = [...train, ...chosen];
    const part = (some: readonly number[]) => ({ features: pickRows(normed, some), labels: at(labels, some) });
    const near = await knnClassify(engine, {
      train: pickRows(embedding, known),
      labels: at(labels, known),
      test: pickRows(embedding, held),
      classes,
      k: 10,
    });
    const options = { train: part(train), validation: part(chosen), test: pickRows(normed, held), classes };
    const { predictions } = await logisticProbe(engine, options);
    held.forEach((row, i) => {
      knn[row] = near[i] as number;
      linear[row] = predictions[i] as number;
    });
  }
  const score = (guesses: Int32Array): number => scorePredictions(guesses, labels).balancedAccuracy;
  return { knn: score(knn), linear: score(linear) };
}

// groups in an order of their own, dealt out to the folds
function assignFolds({ items }: ImageStore): number[] {
  const given = new Set(items.map(({ id, group }) => group ?? id));
  // one patient's name in all headers, say: no groups to fold by
  const grouped = given.size >= folds;
  const nameOf = ({ id, group }: (typeof items)[number]): string => (grouped ? (group ?? id) : id);
  const groups = [...new Set(items.map(nameOf))];
  const order = stream(0, "ablation folds").permutation(groups.length);
  const fold = new Map(groups.map((group, i) => [group, (order[i] as number) % folds]));
  return items.map((item) => fold.get(nameOf(item)) as number);
}

const at = (labels: Int32Array, rows: readonly number[]): Int32Array =>
  Int32Array.from(rows, (row) => labels[row] as number);
