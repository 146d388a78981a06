/**
 * Collapse and its relatives, each rule with its finding in numbers and its likely causes in words. Rules of thumb over the
 * embeddings of different images, not tests; every threshold is stated below.
 */
import { covarianceSpectrum, effectiveRank, type FeatureTable } from "./spectrum.ts";

/** Names of the rules. */
export const alarmRules = [
  "not-finite",
  "complete-collapse",
  "constant-direction",
  "low-rank",
  "dominant-direction",
  "dead-dimensions",
  "duplicates",
  "spread-lost",
  "views-apart",
] as const;
export type AlarmRule = (typeof alarmRules)[number];

/** What one rule found. */
export interface CollapseAlarm {
  readonly rule: AlarmRule;
  /** The measured value that the rule is about; NaN for `not-finite`. */
  readonly value: number;
  /** What is the matter, with its numbers. */
  readonly finding: string;
  /** Likely causes and what to do: those that the context shows, else the usual ones that it does not rule out. */
  readonly causes: readonly string[];
  /** Rows that show it (for `duplicates`: equal ones side by side). */
  readonly rows: readonly number[];
}

/** What is known about the run and the table; each part narrows the causes down. */
export interface AlarmContext {
  /** `projection`: what SIGReg holds at N(0, I); `features`: an encoder's, of any scale and mean. */
  readonly kind: "projection" | "features";
  readonly lambda?: number | undefined;
  /** Samples of the global batch [N]. */
  readonly batch?: number | undefined;
  /** Smallest share of the image's area that a view covers. */
  readonly smallestCrop?: number | undefined;
  /** Distinct groups (scenes, patients, plates) among the samples of a batch. */
  readonly groupsInBatch?: number | undefined;
  /** Share of the embeddings' variance that lies between views of one image. */
  readonly withinShare?: number | undefined;
}

const thresholds = {
  /** Standard deviation over root mean square, below which all images have the same embedding. */
  spread: 1e-3,
  /** Share of the second moment that the mean embedding holds. */
  mean: { projection: 0.5, features: 0.995 },
  /** Effective rank over possible dimensions. */
  rank: 0.1,
  /** Share of the variance along one direction. */
  dominant: 0.6,
  /** Standard deviation of a dead dimension over the largest, and the share of dimensions that is too many. */
  dead: { std: 1e-3, share: 0.1 },
  /** Distance of equal embeddings over the median distance, and the share of images that is too many. */
  equal: { distance: 1e-3, share: 0.05 },
  /** Mean variance of a projection's dimensions; SIGReg wants 1. */
  variance: 0.5,
  /** Of the variance, between views of one image. */
  within: 0.5,
} as const;

const causes = {
  lambdaSmall: "lambda is too small, so SIGReg does not hold the embeddings apart: raise it (0.02 to 0.05)",
  lambdaLarge: "lambda is too large, so the embeddings are noise of the right shape: lower it (0.02 to 0.05)",
  batch: "the batch is too small for the statistic: use 64 samples or more",
  crops: "local crops are so small that views of one image share nothing: raise the smallest crop scale",
  groups: "a batch holds images of one scene or group only: mix groups within a batch",
  images: "the images are constant or nearly the same: look at them (lejepa plan --html)",
  copies: "the data hold copies or empty images: lejepa plan lists them",
  early: "training has only begun, or stopped too early: train longer",
  rate: "the learning rate is too high, or images hold NaN or infinite values",
} as const;
type Cause = keyof typeof causes;

/** A found rule before its causes are put into words. */
type Found = Omit<CollapseAlarm, "causes" | "rows"> & {
  readonly usual: readonly Cause[];
  readonly rows?: readonly number[];
};

/**
 * What is wrong with embeddings [samples, dim] of different images; empty when no rule fires.
 *
 *     collapseAlarms({ data, samples: 512, dim: 64 }, { kind: "projection", lambda: 0.001 })[0]?.causes;
 *
 * O(samples^2 dim) for the comparison of all pairs.
 */
export function collapseAlarms(features: FeatureTable, context: AlarmContext): CollapseAlarm[] {
  const found = findAlarms(features, context);
  return found.map(({ usual, rows = [], ...alarm }) => ({ ...alarm, causes: inWords(usual, context), rows }));
}

function findAlarms(features: FeatureTable, { kind, withinShare }: AlarmContext): Found[] {
  if (!features.data.every(Number.isFinite)) {
    const finding = "The embeddings are not finite.";
    return [{ rule: "not-finite", value: Number.NaN, finding, usual: ["rate"] }];
  }
  const moments = columnMoments(features);
  const spread = Math.sqrt(moments.variance / (moments.variance + moments.meanSquare) || 0);
  if (spread < thresholds.spread) {
    const finding = "All images have the same embedding.";
    const usual: Cause[] = ["lambdaSmall", "batch", "images", "groups"];
    return [{ rule: "complete-collapse", value: spread, finding, usual }];
  }
  return [
    meanRule(moments, kind),
    ...rankRules(features),
    deadRule(moments),
    duplicateRule(features),
    kind === "projection" ? spreadRule(moments) : undefined,
    withinRule(withinShare),
  ].filter((rule) => rule !== undefined);
}

interface Moments {
  readonly std: readonly number[];
  /** Mean over dimensions of their variance, and of their squared mean. */
  readonly variance: number;
  readonly meanSquare: number;
}

function columnMoments({ data, samples, dim }: FeatureTable): Moments {
  const mean = new Float64Array(dim);
  const square = new Float64Array(dim);
  for (let i = 0; i < data.length; i++) mean[i % dim]! += data[i]! / samples;
  for (let i = 0; i < data.length; i++) square[i % dim]! += (data[i]! - mean[i % dim]!) ** 2 / samples;
  const average = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / dim;
  return { std: Array.from(square, Math.sqrt), variance: average(square), meanSquare: average(mean.map((m) => m * m)) };
}

function meanRule({ variance, meanSquare }: Moments, kind: AlarmContext["kind"]): Found | undefined {
  const value = meanSquare / (meanSquare + variance);
  if (value < thresholds.mean[kind]) return undefined;
  const finding = `All embeddings point the same way: their mean holds ${percent(value)} of their squared length.`;
  return { rule: "constant-direction", value, finding, usual: ["lambdaSmall", "early"] };
}

function rankRules(features: FeatureTable): Found[] {
  const possible = Math.min(features.dim, features.samples - 1);
  const rank = effectiveRank(features);
  const spectrum = covarianceSpectrum(features);
  const first = (spectrum[0] ?? 0) / spectrum.reduce((sum, value) => sum + value, 0);
  if (rank < thresholds.rank * possible) {
    const finding = `The embeddings use about ${rank.toFixed(1)} of ${possible} dimensions.`;
    return [{ rule: "low-rank", value: rank, finding, usual: ["lambdaSmall", "batch", "crops", "images", "groups"] }];
  }
  if (first < thresholds.dominant || possible < 3) return [];
  const finding = `One direction holds ${percent(first)} of the variance.`;
  return [{ rule: "dominant-direction", value: first, finding, usual: ["lambdaSmall", "images", "early"] }];
}

function deadRule({ std }: Moments): Found | undefined {
  const limit = thresholds.dead.std * Math.max(...std);
  const dead = std.filter((value) => value < limit).length;
  if (dead < thresholds.dead.share * std.length) return undefined;
  const finding = `${dead} of ${std.length} dimensions are the same for all images.`;
  return { rule: "dead-dimensions", value: dead, finding, usual: ["lambdaSmall", "early"] };
}

/** Images whose embedding is another's, by nearest neighbours of all pairs. */
function duplicateRule({ data, samples, dim }: FeatureTable): Found | undefined {
  const nearest = Array.from({ length: samples }, () => ({ row: -1, distance: Number.POSITIVE_INFINITY }));
  const some: number[] = [];
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < i; j++) {
      let distance = 0;
      for (let d = 0; d < dim; d++) distance += (data[i * dim + d]! - data[j * dim + d]!) ** 2;
      if (distance < nearest[i]!.distance) nearest[i] = { row: j, distance };
      if (distance < nearest[j]!.distance) nearest[j] = { row: i, distance };
      if ((i + 7 * j) % 16 === 0) some.push(distance);
    }
  }
  const median = some.sort((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0;
  const equal = nearest.flatMap(({ row, distance }, i) =>
    distance <= thresholds.equal.distance ** 2 * median ? [[i, row] as const] : [],
  );
  if (equal.length < Math.max(2, thresholds.equal.share * samples)) return undefined;
  const finding = `${equal.length} of ${samples} images have the embedding of another.`;
  const rows = [...new Set(equal.flat())];
  return { rule: "duplicates", value: equal.length / samples, finding, usual: ["copies"], rows };
}

function spreadRule({ variance }: Moments): Found | undefined {
  if (variance >= thresholds.variance) return undefined;
  const finding = `The projections have variance ${variance.toPrecision(2)} a dimension, where SIGReg wants 1.`;
  return { rule: "spread-lost", value: variance, finding, usual: ["lambdaSmall", "batch", "early"] };
}

function withinRule(value: number | undefined): Found | undefined {
  if (value === undefined || value < thresholds.within) return undefined;
  const finding = `Views of one image lie nearly as far apart as different images: ${percent(value)} of the variance is between views.`;
  return { rule: "views-apart", value, finding, usual: ["lambdaLarge", "crops", "early"] };
}

/** Causes that the context shows, else the usual ones that it does not rule out. */
function inWords(usual: readonly Cause[], context: AlarmContext): string[] {
  const { lambda, batch, smallestCrop, groupsInBatch } = context;
  const fewGroups =
    groupsInBatch === undefined || batch === undefined ? undefined : groupsInBatch < Math.min(8, batch / 4);
  // true: the context shows it; false: the context rules it out; undefined: possible
  const known: Partial<Record<Cause, boolean | undefined>> = {
    lambdaSmall: between(lambda, 0.01, 0.05),
    lambdaLarge: not(between(lambda, 0.05, 0.1)),
    batch: batch === undefined ? undefined : batch < 64,
    crops: between(smallestCrop, 0.05, 0.1),
    groups: fewGroups,
  };
  const shown = usual.filter((cause) => known[cause] === true);
  const possible = usual.filter((cause) => known[cause] === undefined);
  return (shown.length > 0 ? shown : possible.length > 0 ? possible : usual).map((cause) => causes[cause]);
}

/** True below `low`, false from `high` on, undefined between them and when nothing is known. */
function between(value: number | undefined, low: number, high: number): boolean | undefined {
  if (value === undefined || (value >= low && value < high)) return undefined;
  return value < low;
}

const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
