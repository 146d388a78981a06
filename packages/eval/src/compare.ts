// Images and encoders to features, for the comparison. Not the training and not the choice of splits: both come in.
import type { ImageStore, Splits } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import { compareFeatures, type CompareSettings, type EncoderFeatures } from "./compare-features.ts";
import type { Comparison, EncoderKind } from "./comparison-schema.ts";
import type { OpenedEncoder, OpenedKind } from "./encoders/opened-encoder.ts";
import { type Matrix, placeRows } from "./matrix.ts";
import { knownRows, type Targets } from "./targets.ts";

/** One thing to compare: the same method trained (or initialised) with several seeds. */
export interface Candidate extends Pick<EncoderFeatures, "facts" | "fineTune"> {
  readonly name: string;
  /** Default: a run is one's own, files and published weights are transfer. */
  readonly kind?: EncoderKind | undefined;
  /** One for each seed. */
  readonly encoders: readonly OpenedEncoder[];
}

/** What {@link compareEncoders} needs. */
export interface CompareOptions extends CompareSettings {
  readonly store: ImageStore;
  /** Labelled rows to learn from, to choose with, and to report on. Rows without a label are left out. */
  readonly splits: Splits;
  readonly candidates: readonly Candidate[];
  /** Of all rows of the store; default the classes of its labels. */
  readonly targets?: Targets | undefined;
}

/**
 * Computes the features of the labelled rows by every candidate, and compares them (`compareFeatures`): kNN and class means take
 * the `embedding`, linear models the `probe`. The groups are the dataset's.
 *
 * @throws LejepaError as `OpenedEncoder.extract` and `compareFeatures`
 */
export function compareEncoders(engine: Engine, options: CompareOptions): Promise<Comparison> {
  const { store, splits, candidates, signal } = options;
  const { targets = labelsOf(store) } = options;
  const rows = labelledRows(targets, splits);
  // row numbers of the store are row numbers of the features
  const whole = (m: Matrix): Matrix => placeRows(m, rows, store.count);
  const encoders = candidates.map((candidate): EncoderFeatures => {
    const { name, encoders: opened, facts, fineTune } = candidate;
    const [first] = opened;
    return {
      name,
      kind: candidate.kind ?? kindOf(first?.kind),
      // pixels are no activations: their scale is theirs
      layerNorm: first?.kind !== "pixels",
      notes: first === undefined ? [] : sharedNotes(opened),
      facts: { ...factsOf(first), ...facts },
      fineTune,
      seeds: opened.map((encoder) => async () => {
        const { embedding, probe } = await encoder.extract(store, rows, { signal });
        return { embedding: whole(embedding), probe: whole(probe) };
      }),
    };
  });
  return compareFeatures(engine, {
    ...options,
    targets,
    splits,
    groups: store.items.map(({ group }) => group),
    encoders,
  });
}

/** The classes of a store's labels as targets. */
export const labelsOf = ({ classes, labels }: Pick<ImageStore, "classes" | "labels">): Targets => ({
  task: "classification",
  classes,
  labels,
});

/** Rows of all splits that have a label or a known value: what a comparison computes features of. */
export function labelledRows(targets: Targets, { train, validation, test }: Splits): Uint32Array {
  return knownRows(targets, [...train, ...validation, ...test]);
}

const kinds: Readonly<Record<OpenedKind, EncoderKind>> = {
  run: "own",
  random: "random",
  pixels: "pixels",
  onnx: "transfer",
  dino: "transfer",
};

const kindOf = (opened: OpenedKind | undefined): EncoderKind => (opened === undefined ? "other" : kinds[opened]);

// with several seeds, what they all say
function sharedNotes(opened: readonly OpenedEncoder[]): string[] {
  return (opened[0]?.notes ?? []).filter((note) => opened.every((other) => other.notes.includes(note)));
}

function factsOf(opened: OpenedEncoder | undefined): NonNullable<EncoderFeatures["facts"]> {
  if (opened === undefined) return {};
  const { licence, inputSize } = opened;
  return { ...(licence !== undefined && { licence }), ...(inputSize !== undefined && { inputSize }) };
}
