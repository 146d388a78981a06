// A verdict in words on whether features have collapsed, and what usually causes it.
import { effectiveRank, type FeatureTable, featureStd } from "./spectrum.ts";

/** What {@link collapseVerdict} found. */
export interface CollapseVerdict {
  readonly state: "healthy" | "dimensional-collapse" | "complete-collapse" | "not-finite";
  /** One sentence for the user. */
  readonly message: string;
  readonly std: number;
  readonly effectiveRank: number;
}

/** Below this spread, all images have the same features. */
const SMALL_STD = 1e-3;
/** Below this share of the dimensions, most of them are unused. */
const SMALL_SHARE = 0.1;

/** Judges features [samples, dim] of different images. */
export function collapseVerdict(features: FeatureTable): CollapseVerdict {
  if (!features.data.every(Number.isFinite)) {
    const message = "Features are not finite: lower the learning rate, and look for NaN in the images.";
    return { state: "not-finite", message, std: Number.NaN, effectiveRank: Number.NaN };
  }
  const std = featureStd(features);
  const rank = effectiveRank(features);
  if (std < SMALL_STD) {
    const message =
      "All images have the same features. Raise lambda or the batch size, and check that the images are not constant or all of one scene.";
    return { state: "complete-collapse", message, std, effectiveRank: rank };
  }
  const possible = Math.min(features.dim, features.samples - 1);
  if (rank < SMALL_SHARE * possible) {
    const message = `Features use about ${rank.toFixed(1)} of ${possible} dimensions. Raise lambda, use more slices or a larger batch, or widen the crops' scale.`;
    return { state: "dimensional-collapse", message, std, effectiveRank: rank };
  }
  const message = `Features use about ${rank.toFixed(1)} of ${possible} dimensions.`;
  return { state: "healthy", message, std, effectiveRank: rank };
}
