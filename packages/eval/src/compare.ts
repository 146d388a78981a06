// Images and encoders to features, for the comparison. Not the training and not the choice of splits: both come in.
import type { ImageStore, Splits } from "@lejepa/data";
import { valueRange } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import { compareFeatures, type CompareSettings, type EncoderFeatures } from "./compare-features.ts";
import type { Comparison, EncoderKind } from "./comparison-schema.ts";
import { extractFeatures, type FrozenEncoder, pixelFeatures } from "./features.ts";
import type { Matrix } from "./matrix.ts";

/** One thing to compare: the same method trained (or initialised) with several seeds. */
export interface Candidate extends Pick<EncoderFeatures, "notes" | "facts"> {
  readonly name: string;
  readonly kind: EncoderKind;
  /** One for each seed. */
  readonly encoders: readonly FrozenEncoder[];
}

/** What {@link compareEncoders} needs. */
export interface CompareOptions extends CompareSettings {
  readonly store: ImageStore;
  /** Labelled rows to learn from, to choose with, and to report on. Rows without a label are left out. */
  readonly splits: Splits;
  readonly candidates: readonly Candidate[];
  /** Also compare raw pixels; default true. */
  readonly pixels?: boolean | undefined;
  /** Images a run of the program; default 64. */
  readonly batchSize?: number | undefined;
}

/**
 * Computes the features of the labelled rows by every candidate, and compares them (`compareFeatures`): kNN and class means take
 * the `embedding`, linear models the `probe`. The groups are the dataset's.
 *
 * @throws LejepaError as `extractFeatures` and `compareFeatures`
 */
export function compareEncoders(engine: Engine, options: CompareOptions): Promise<Comparison> {
  const { store, splits, candidates, pixels = true, batchSize, signal } = options;
  const { labels, classes, items } = store;
  const rows = Uint32Array.from([...splits.train, ...splits.validation, ...splits.test]).filter(
    (row) => (labels[row] as number) >= 0,
  );
  const whole = (m: Matrix): Matrix => scatter(m, rows, store.count);
  const encoders = candidates.map(
    ({ encoders: seeds, ...rest }): EncoderFeatures => ({
      ...rest,
      seeds: seeds.map((frozen) => async () => {
        const { embedding, probe } = await extractFeatures(engine, { ...frozen, store, rows, batchSize, signal });
        return { embedding: whole(embedding), probe: whole(probe) };
      }),
    }),
  );
  const raw: EncoderFeatures = {
    name: "pixels",
    kind: "pixels",
    layerNorm: false,
    seeds: [
      async () => {
        const features = whole(pixelFeatures(store, { rows, range: valueRange(store, splits.train) }));
        return { embedding: features, probe: features };
      },
    ],
  };
  return compareFeatures(engine, {
    ...options,
    targets: { task: "classification", classes, labels },
    splits,
    groups: items.map(({ group }) => group),
    encoders: pixels ? [...encoders, raw] : encoders,
  });
}

// row numbers of the store are row numbers of the features; rows that are not asked for stay empty
function scatter({ data, columns }: Matrix, rows: Uint32Array, count: number): Matrix {
  const all = new Float32Array(count * columns);
  for (const [i, row] of rows.entries()) all.set(data.subarray(i * columns, (i + 1) * columns), row * columns);
  return { data: all, rows: count, columns };
}
