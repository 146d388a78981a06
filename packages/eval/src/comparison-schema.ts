// The document of a comparison: everything a table, a page or a reader with other tools needs, as plain JSON. Not how it is
// computed (`compareFeatures`) and not how it is shown (`formatComparison`, the report). Metrics are fractions, never
// percent; what cannot be computed (AUROC of a class without test rows) is null.
import { z } from "zod";

const whole = z.int().nonnegative();
const maybe = z.number().nullable();

/** What is predicted: one class of several, any number of labels at once, or numbers. */
const comparisonTasks = ["classification", "multilabel", "regression"] as const;

/**
 * kNN by cosine, nearest class mean, (multinomial) logistic or ridge regression, the paper's linear probe; and no probe of frozen
 * features: the whole network trained on the labels.
 */
export const probeNames = ["knn", "ncm", "logistic", "linear", "finetune"] as const;

/** Scores of predictions; for `mae` less is better. */
export const metricNames = [
  "accuracy",
  "balancedAccuracy",
  "macroF1",
  "auroc",
  "averagePrecision",
  "r2",
  "mae",
] as const;

/** `own`: trained on these images; `transfer`: on others; `supervised`: on the labels of these. */
export const encoderKinds = ["own", "transfer", "supervised", "random", "pixels", "other"] as const;

const task = z.enum(comparisonTasks);
const probe = z.enum(probeNames);
const metric = z.enum(metricNames);
const kind = z.enum(encoderKinds);

/** Labelled images of each class or label (for regression: in all), or all of the training split. */
const shots = z.union([z.int().positive(), z.literal("all")]);

const estimate = z.strictObject({
  /** Mean over the runs. */
  value: maybe,
  /** 95 % interval; null when there is none (one test group). */
  low: maybe,
  high: maybe,
});

const bySplit = z.strictObject({ train: whole, validation: whole, test: whole });

const settings = z.strictObject({
  task,
  /** As asked for; what was left out is in `data.leftOut`. */
  shots: z.array(shots),
  /** Draws of few-shot training rows. */
  seeds: z.int().positive(),
  probes: z.array(probe),
  /** What the verdict is about. */
  probe,
  metric,
  /** Differences below this are of no interest (a fraction, or R2); an interval within it reads "no difference". */
  margin: z.number().positive(),
  /** Confidence of all intervals. */
  level: z.number(),
  resamples: z.int().positive(),
  /** Of draws and resamples. */
  seed: whole,
  /** Values that validation rows choose from, by hyper-parameter. */
  grids: z.record(z.string(), z.array(z.number())),
});

const data = z.strictObject({
  rows: bySplit,
  /** Groups of each split; as many as rows where each row is its own. */
  groups: bySplit,
  /** Whether groups were given: else each row is its own. */
  grouped: z.boolean(),
  /** Classes, labels or target columns. For labels the counts are of positive rows, for targets of known values. */
  classes: z.array(z.strictObject({ name: z.string(), ...bySplit.shape })),
  /** What guessing gets: the largest class, or equal odds. */
  chance: z.partialRecord(metric, z.number()),
  /** Shots that could not be drawn, and why. */
  leftOut: z.array(z.strictObject({ shots, reason: z.string() })),
  /** What a reader should know, a sentence each. */
  notes: z.array(z.string()),
});

const fact = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const encoder = z.strictObject({
  /** Unique; everything below refers to it. */
  name: z.string(),
  kind,
  /** Trained (or initialised) so many times. */
  seeds: z.int().positive(),
  /** Width of the features for kNN and class means, and for the linear probes. */
  embeddingDim: z.int().positive(),
  probeDim: z.int().positive(),
  notes: z.array(z.string()),
  /** Whatever is known, shown as it is: `parameters`, `trainSeconds`, `imagesSeen`, `licence`, `channelPolicy`, ... */
  facts: z.record(z.string(), fact),
});

const run = z.strictObject({
  /** 0 .. ; the same number draws the same training rows for every encoder. */
  run: whole,
  /** Which of the encoder's seeds. */
  encoderSeed: whole,
  trainRows: whole,
  trainGroups: whole,
  /** Hyper-parameters chosen on the validation rows: `k`, `C`, `learningRate`, `ridge`. */
  chosen: z.record(z.string(), z.number()),
  /** Their score there. */
  validation: maybe,
  metrics: z.partialRecord(metric, maybe),
  seconds: z.number(),
});

const result = z.strictObject({
  encoder: z.string(),
  probe,
  shots,
  runs: z.array(run).min(1),
  metrics: z.partialRecord(metric, estimate),
});

const difference = z.strictObject({
  encoder: z.string(),
  baseline: z.string(),
  probe,
  shots,
  metric,
  /** Encoder minus baseline (baseline minus encoder for `mae`): positive means that the encoder is better. */
  ...estimate.shape,
  /** Two-sided, of no difference. */
  p: maybe,
  /** After Holm's correction over the pairs of this probe, metric and number of shots. */
  holm: maybe,
});

/** `wins`, `loses`: a difference after both corrections; `same`: the interval lies within the margin. */
const outcome = z.enum(["wins", "loses", "same", "undecided"]);

const range = z.strictObject({
  /** The shots that agree, fewest first. */
  shots: z.array(shots).min(1),
  /** Mean difference over these shots, from the encoder's view, with its interval. */
  ...estimate.shape,
});

const pair = z.strictObject({
  encoder: z.string(),
  baseline: z.string(),
  baselineKind: kind,
  /** `mixed`: wins at some shots, loses at others. Shots without a difference do not change wins or losses. */
  outcome: z.enum([...outcome.options, "mixed"]),
  /** One for each number of shots, fewest first. `p`: `holm` corrected for looking at several numbers of shots. */
  byShots: z.array(z.strictObject({ shots, outcome, p: z.number() })),
  wins: range.nullable(),
  loses: range.nullable(),
  /** Labelled test groups, beyond those there are, that would tell; null when nothing is undecided. */
  moreGroups: whole.nullable(),
  sentence: z.string(),
});

const verdict = z.strictObject({
  /** Over the baselines of kind `transfer` if there are any, else over all. `none`: nothing to compare with. */
  outcome: z.enum([...outcome.options, "mixed", "none"]),
  sentence: z.string(),
  pairs: z.array(pair),
});

/** At the most shots only: the whole confusion matrix, each class, each group. */
const detail = z.strictObject({
  encoder: z.string(),
  probe,
  shots,
  /** `[truth][predicted]` rows, summed over the runs; null unless the task is classification. */
  confusion: z.array(z.array(whole)).nullable(),
  /** Means over the runs, in the order of `data.classes`. */
  perClass: z.array(
    z.strictObject({
      rows: whole,
      recall: maybe,
      precision: maybe,
      f1: maybe,
      auroc: maybe,
      averagePrecision: maybe,
      r2: maybe,
      mae: maybe,
    }),
  ),
  /**
   * Empty when rows have no groups. `value`: accuracy, mean over the runs; for regression the mean absolute error, of several
   * targets in standard deviations of each.
   */
  perGroup: z.array(z.strictObject({ group: z.string(), rows: whole, value: maybe })),
});

const predicted = z.union([z.array(z.number()), z.array(z.array(z.number()))]);

const predictions = z.strictObject({
  /** Row numbers of the test split as given (rows of the store); all arrays below are in this order. */
  rows: z.array(whole),
  /** Class numbers; rows of 0 and 1 (null: unknown) for labels; values for targets. */
  truth: z.union([z.array(z.number()), z.array(z.array(maybe))]),
  /** At the most shots, every run. Class numbers; probabilities of the labels; values of the targets. */
  predicted: z.array(z.strictObject({ encoder: z.string(), probe, shots, run: whole, values: predicted })),
});

const timings = z.strictObject({
  /** Seconds by encoder, over all its probes and runs. */
  probes: z.record(z.string(), z.number()),
  /** Bootstrap and verdict. */
  statistics: z.number(),
  total: z.number(),
});

/** The schema of the document; `comparisonSchema.parse(JSON.parse(text))` reads one back. */
export const comparisonSchema = z.strictObject({
  kind: z.literal("lejepa/comparison"),
  /** Raised when a reader of the old form would be wrong. */
  version: z.literal(1),
  settings,
  data,
  encoders: z.array(encoder),
  results: z.array(result),
  differences: z.array(difference),
  verdict,
  details: z.array(detail),
  predictions,
  timings,
  /** What the caller adds to reproduce it: command, dataset, checkpoints, device, versions. */
  context: z.record(z.string(), z.json()),
});

/** The document of a comparison. */
export type Comparison = z.infer<typeof comparisonSchema>;
/** Classes, labels or numbers. */
export type ComparisonTask = z.infer<typeof task>;
/** {@link probeNames} */
export type ProbeName = z.infer<typeof probe>;
/** {@link metricNames} */
export type MetricName = z.infer<typeof metric>;
/** {@link encoderKinds} */
export type EncoderKind = z.infer<typeof kind>;
/** Labelled images of each class, or `all`. */
export type Shots = z.infer<typeof shots>;
/** A value with its 95 % interval. */
export type Estimate = z.infer<typeof estimate>;
/** What a comparison says about one pair at some shots. */
export type Outcome = z.infer<typeof outcome>;
