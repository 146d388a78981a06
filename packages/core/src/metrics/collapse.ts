/**
 * A verdict in words on whether features have collapsed, with the causes that the run's settings suggest. A rule of thumb
 * over the spectrum, not a test; thresholds are stated below.
 */
import { alphaReQ, effectiveRank, type FeatureTable, featureStd } from "./spectrum.ts";

/** What {@link collapseVerdict} found. */
export interface CollapseVerdict {
  readonly state: "healthy" | "dimensional-collapse" | "complete-collapse" | "not-finite";
  /** What is the matter and what to do, for the user. */
  readonly message: string;
  /** Likely causes, likeliest first: those that the context shows, else the usual ones. Empty when healthy. */
  readonly causes: readonly string[];
  /** Mean standard deviation of the features. */
  readonly std: number;
  readonly effectiveRank: number;
  /** Exponent of the spectrum's decay. */
  readonly alpha: number;
}

/** What is known about the run; each part narrows the causes down. */
export interface CollapseContext {
  readonly lambda?: number | undefined;
  /** Samples of the global batch [N]. */
  readonly batch?: number | undefined;
  /** Smallest share of the image's area that a view covers. */
  readonly smallestCrop?: number | undefined;
  /** Standard deviation over images of their mean pixel, in units of the pixels' full range. */
  readonly imageStd?: number | undefined;
  /** Distinct groups (scenes, patients, plates) among the samples of a batch. */
  readonly groupsInBatch?: number | undefined;
}

/** Below this spread, all images have the same features. */
const SMALL_STD = 1e-3;
/** Below this share of the possible dimensions, most of them are unused. */
const SMALL_SHARE = 0.1;

const usual = [
  "lambda is too small: raise it (0.02 to 0.05)",
  "the batch is too small for the statistic: use 64 samples or more",
  "local crops are so small that views of one image share nothing: raise the smallest crop scale",
  "the images are constant or nearly the same: look at them (preview)",
  "a batch holds images of one scene or group only: mix groups within a batch",
] as const;

/**
 * Judges features [samples, dim] of different images.
 *
 *     collapseVerdict({ data, samples: 512, dim: 384 }, { lambda: 0.001 }).causes; // ["lambda is too small: ..."]
 */
export function collapseVerdict(features: FeatureTable, context: CollapseContext = {}): CollapseVerdict {
  if (!features.data.every(Number.isFinite)) {
    const message = "Features are not finite: lower the learning rate, and look for NaN in the images.";
    const causes = ["the learning rate is too high", "images hold NaN or infinite values"];
    return { state: "not-finite", message, causes, std: Number.NaN, effectiveRank: Number.NaN, alpha: Number.NaN };
  }
  const std = featureStd(features);
  const rank = effectiveRank(features);
  const possible = Math.min(features.dim, features.samples - 1);
  const found = { std, effectiveRank: rank, alpha: alphaReQ(features) };
  const used = `Features use about ${rank.toFixed(1)} of ${possible} dimensions.`;
  if (std >= SMALL_STD && rank >= SMALL_SHARE * possible)
    return { state: "healthy", message: used, causes: [], ...found };
  const causes = likelyCauses(context);
  const complete = std < SMALL_STD;
  const message = `${complete ? "All images have the same features." : used} Likely: ${causes.join("; ")}.`;
  return { state: complete ? "complete-collapse" : "dimensional-collapse", message, causes, ...found };
}

function likelyCauses({ lambda, batch, smallestCrop, imageStd, groupsInBatch }: CollapseContext): readonly string[] {
  const shown = [
    lambda !== undefined && lambda < 0.01,
    batch !== undefined && batch < 64,
    smallestCrop !== undefined && smallestCrop < 0.05,
    imageStd !== undefined && imageStd < 0.01,
    groupsInBatch !== undefined && batch !== undefined && groupsInBatch < Math.min(8, batch / 4),
  ];
  const causes = usual.filter((_, i) => shown[i]);
  return causes.length > 0 ? causes : usual;
}
