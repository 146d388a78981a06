// kNN and linear probe of frozen features by cross-validation over groups: for sets too small to hold a test split out.
import { stream } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";
import { balancedAccuracy, knnClassify, layerNormRows, linearProbe, type Matrix, matrix } from "@lejepa/eval";

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
export function crossValidate({
  embedding,
  features,
  store,
  mergeClasses = (name) => name,
}: CrossValidation): FoldScores {
  const names = [...new Set(store.classes.map(mergeClasses))];
  const labels = Int32Array.from(store.labels, (label) => names.indexOf(mergeClasses(store.classes[label] as string)));
  const foldOf = assignFolds(store);
  const normed = layerNormRows(features);
  const knn = new Int32Array(store.count);
  const linear = new Int32Array(store.count);
  for (let fold = 0; fold < folds; fold++) {
    const rows = (keep: (other: number) => boolean): number[] =>
      [...foldOf.keys()].filter((i) => keep(foldOf[i] as number));
    const held = rows((other) => other === fold);
    const chosen = rows((other) => other === (fold + 1) % folds);
    const train = rows((other) => other !== fold && other !== (fold + 1) % folds);
    const known = [...train, ...chosen];
    const classes = names.length;
    const part = (some: readonly number[]) => ({ features: take(normed, some), labels: at(labels, some) });
    const near = knnClassify({
      train: take(embedding, known),
      labels: at(labels, known),
      test: take(embedding, held),
      classes,
      k: 10,
    });
    const { predictions } = linearProbe({
      train: part(train),
      validation: part(chosen),
      test: take(normed, held),
      classes,
    });
    held.forEach((row, i) => {
      knn[row] = near[i] as number;
      linear[row] = predictions[i] as number;
    });
  }
  return { knn: balancedAccuracy(knn, labels), linear: balancedAccuracy(linear, labels) };
}

// groups in an order of their own, dealt out to the folds
function assignFolds({ items }: ImageStore): number[] {
  const groups = [...new Set(items.map(({ id, group }) => group ?? id))];
  const order = stream(0, "ablation folds").permutation(groups.length);
  const fold = new Map(groups.map((group, i) => [group, (order[i] as number) % folds]));
  return items.map(({ id, group }) => fold.get(group ?? id) as number);
}

const at = (labels: Int32Array, rows: readonly number[]): Int32Array =>
  Int32Array.from(rows, (row) => labels[row] as number);

function take({ data, columns }: Matrix, rows: readonly number[]): Matrix {
  const out = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => out.set(data.subarray(row * columns, (row + 1) * columns), i * columns));
  return matrix(out, rows.length, columns);
}
