/**
 * Frozen features, probes on them, the baselines (random initialisation, raw pixels), and a verdict with its uncertainty.
 *
 *     const values = randomEncoder(encoder, 0);
 *     const comparison = await compareEncoders(engine, {
 *       store, splits,
 *       candidates: [
 *         { name: "LeJEPA", kind: "own", encoders: [{ encoder, values: trained, mean, std }] },
 *         { name: "random init", kind: "random", encoders: [{ encoder, values, mean, std }] },
 *       ],
 *     });
 *     process.stdout.write(formatComparison(comparison));
 *
 * @module
 */
export { type Candidate, type CompareOptions, compareEncoders } from "./compare.ts";
export {
  compareFeatures,
  type CompareFeaturesOptions,
  type CompareSettings,
  type EncoderFeatures,
} from "./compare-features.ts";
export {
  type Comparison,
  comparisonSchema,
  type ComparisonTask,
  type EncoderKind,
  encoderKinds,
  type Estimate,
  type MetricName,
  metricNames,
  type Outcome,
  type ProbeName,
  probeNames,
  type Shots,
} from "./comparison-schema.ts";
export { comparisonCsv } from "./csv.ts";
export {
  type ExtractOptions,
  extractFeatures,
  type FrozenEncoder,
  type FrozenFeatures,
  pixelFeatures,
  randomEncoder,
} from "./features.ts";
export { formatComparison, metricTitles, probeTitles } from "./format.ts";
export { layerNormRows, type Matrix, matrix } from "./matrix.ts";
export { type SeedFeatures } from "./probes/features.ts";
export { type KnnOptions, knnClassify, type Neighbours, nearestNeighbours } from "./probes/knn.ts";
export {
  type LabelledFeatures,
  logisticProbe,
  type LogisticProbeOptions,
  type LogisticProbeResult,
} from "./probes/logistic-probe.ts";
export type { Grids } from "./probes/run-probe.ts";
export { type PredictionScores, scorePredictions } from "./statistics/metrics.ts";
export type { SplitRows, Targets } from "./targets.ts";
