// Puts encoders, random initialisation and raw pixels through the same probes and says how they compare. Not the training
// and not the choice of splits: both come in.
import type { ImageStore, Splits } from "@lejepa/data";
import { expectClasses } from "@lejepa/data";
import type { EncoderKind, OpenedEncoder } from "./encoders/opened-encoder.ts";
import { knnClassify } from "./knn.ts";
import { linearProbe } from "./linear-probe.ts";
import { layerNormRows, type Matrix, matrix } from "./matrix.ts";
import { accuracy, balancedAccuracy, type Interval, interval } from "./scores.ts";

/** One thing to compare: the same method trained (or initialised) with several seeds. */
export interface Candidate {
  readonly name: string;
  /** One for each seed. */
  readonly encoders: readonly OpenedEncoder[];
}

/** What {@link compareEncoders} needs. */
export interface CompareOptions {
  readonly store: ImageStore;
  /** Labelled rows to learn from, to choose the regularisation on, and to report on. Rows without a label are left out. */
  readonly splits: Splits;
  readonly candidates: readonly Candidate[];
  /** Neighbours; default 20. */
  readonly k?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being worked on, e.g. `LeJEPA, seed 2 of 3`. */
  readonly onProgress?: ((what: string) => void) | undefined;
}

/** Accuracy and balanced accuracy on the test rows, over seeds. */
export interface Score {
  readonly accuracy: Interval;
  readonly balancedAccuracy: Interval;
}

/** What a report says of an encoder. */
export interface EncoderAbout {
  readonly kind: EncoderKind;
  readonly ids: readonly string[];
  readonly licence?: string | undefined;
  readonly inputSize?: number | undefined;
  readonly featureDim: number;
  readonly notes: readonly string[];
}

/** One row of the comparison. */
export interface ComparisonEntry {
  readonly name: string;
  /** Where it comes from and what was done to the images for it, for the report. */
  readonly about: EncoderAbout;
  readonly knn: Score;
  readonly linear: Score;
}

/** The whole comparison; plain JSON. */
export interface Comparison {
  readonly classes: readonly string[];
  /** Labelled rows. */
  readonly counts: { readonly train: number; readonly validation: number; readonly test: number };
  readonly k: number;
  readonly entries: readonly ComparisonEntry[];
}

interface Probed {
  readonly knn: Int32Array;
  readonly linear: Int32Array;
}

interface Rows {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Probes every candidate on the same rows. kNN takes the `embedding`, training and validation rows vote; the linear probe
 * takes LayerNorm of `probe`, learns on the training rows and chooses its regularisation on the validation rows. The test
 * rows are only scored.
 *
 * @throws LejepaError E_DATA with fewer than two classes, or when a split has no labelled rows
 */
export async function compareEncoders(options: CompareOptions): Promise<Comparison> {
  const { store, candidates, k = 20 } = options;
  const rows = labelledRows(store, options.splits);
  const truth = labelsOf(store, rows.test);
  const entries: ComparisonEntry[] = [];
  for (const { name, encoders } of candidates) {
    const results: Probed[] = [];
    for (const [i, encoder] of encoders.entries()) {
      options.onProgress?.(encoders.length > 1 ? `${name}, seed ${i + 1} of ${encoders.length}` : name);
      results.push(await probeEncoder(encoder, { ...options, rows }));
    }
    entries.push({ ...scored(name, results, truth), about: about(encoders) });
  }
  const counts = { train: rows.train.length, validation: rows.validation.length, test: rows.test.length };
  return { classes: store.classes, counts, k, entries };
}

async function probeEncoder(
  encoder: OpenedEncoder,
  options: CompareOptions & { readonly rows: Rows },
): Promise<Probed> {
  const { store, rows, signal, k = 20 } = options;
  const { embedding, probe: features } = await encoder.extract(store, together(rows), { signal });
  // pixels are no activations: their scale is theirs
  const normed = encoder.kind === "pixels" ? features : layerNormRows(features);
  return probe({ embedding, probe: normed }, { store, rows, k });
}

function probe(
  features: { readonly embedding: Matrix; readonly probe: Matrix },
  { store, rows, k }: { readonly store: ImageStore; readonly rows: Rows; readonly k: number },
): Probed {
  const a = rows.train.length;
  const b = a + rows.validation.length;
  const end = b + rows.test.length;
  const classes = store.classes.length;
  const train = labelsOf(store, rows.train);
  const validation = labelsOf(store, rows.validation);
  const { embedding, probe: all } = features;
  return {
    knn: knnClassify({
      train: slice(embedding, 0, b),
      labels: [...train, ...validation],
      test: slice(embedding, b, end),
      classes,
      k,
    }),
    linear: linearProbe({
      train: { features: slice(all, 0, a), labels: train },
      validation: { features: slice(all, a, b), labels: validation },
      test: slice(all, b, end),
      classes,
    }).predictions,
  };
}

const slice = (m: Matrix, from: number, to: number): Matrix =>
  matrix(m.data.subarray(from * m.columns, to * m.columns), to - from, m.columns);

const together = ({ train, validation, test }: Rows): Uint32Array =>
  Uint32Array.from([...train, ...validation, ...test]);

const labelsOf = ({ labels }: ImageStore, rows: Uint32Array): Int32Array =>
  Int32Array.from(rows, (row) => labels[row] as number);

function labelledRows(store: ImageStore, splits: Splits): Rows {
  const keep = (name: keyof Splits): Uint32Array => {
    const rows = splits[name].filter((row) => (store.labels[row] as number) >= 0);
    expectClasses(`compare: ${name} split`, store, rows);
    return rows;
  };
  return { train: keep("train"), validation: keep("validation"), test: keep("test") };
}

function about(encoders: readonly OpenedEncoder[]): EncoderAbout {
  const { kind, licence, inputSize, featureDim } = encoders[0] as OpenedEncoder;
  // with several seeds, what they all say
  const notes = encoders[0]?.notes.filter((note) => encoders.every((other) => other.notes.includes(note))) ?? [];
  return { kind, ids: encoders.map(({ id }) => id), licence, inputSize, featureDim, notes };
}

function scored(name: string, results: readonly Probed[], truth: Int32Array): Omit<ComparisonEntry, "about"> {
  const score = (key: keyof Probed): Score => ({
    accuracy: interval(results.map((result) => accuracy(result[key], truth))),
    balancedAccuracy: interval(results.map((result) => balancedAccuracy(result[key], truth))),
  });
  return { name, knn: score("knn"), linear: score("linear") };
}
