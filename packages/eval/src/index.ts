/**
 * Frozen features, kNN and linear probes, the baselines (random initialisation, raw pixels) and means over seeds.
 *
 *     const values = randomEncoder(encoder, 0);
 *     const comparison = await compareEncoders(engine, {
 *       store, splits,
 *       candidates: [
 *         { name: "LeJEPA", encoders: [{ encoder, values: trained, mean, std }] },
 *         { name: "random init", encoders: [{ encoder, values, mean, std }] },
 *       ],
 *     });
 *     process.stdout.write(formatComparison(comparison));
 *
 * @module
 */
export {
  type Candidate,
  type CompareOptions,
  type Comparison,
  type ComparisonEntry,
  compareEncoders,
  type Score,
} from "./compare.ts";
export {
  type ExtractOptions,
  extractFeatures,
  type FrozenEncoder,
  type FrozenFeatures,
  pixelFeatures,
  randomEncoder,
} from "./features.ts";
export { formatComparison } from "./format.ts";
export { type KnnOptions, knnClassify, type Neighbours, nearestNeighbours } from "./knn.ts";
export {
  fitLogistic,
  type LabelledFeatures,
  type LinearClassifier,
  type LinearProbeOptions,
  type LinearProbeResult,
  type LogisticOptions,
  linearProbe,
  predictLinear,
} from "./linear-probe.ts";
export { layerNormRows, type Matrix, matrix } from "./matrix.ts";
export { accuracy, balancedAccuracy, type Interval, interval } from "./scores.ts";
export { drawPreview, type PreviewGroup, type PreviewOptions } from "./draw-preview.ts";
export { cropsMiss, leastCropArea, medianObjectArea } from "./object-area.ts";
export { gridMeans, type Separability, separability, type Spread, type ViewVectors } from "./separability.ts";
