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
  type CheckpointInfo,
  checkpointFiles,
  checkpointName,
  checkpointPath,
  checkpointsFolder,
  type EncoderSpec,
  type ImageSpec,
  listCheckpoints,
  readCheckpointWeights,
  readTensorFile,
} from "./encoders/checkpoint.ts";
export { type LoadedEncoder, loadEncoder, type LoadEncoderOptions } from "./encoders/load-encoder.ts";
export {
  readRunConfig,
  readRunInfo,
  type RunData,
  type RunInfo,
  runFiles,
  type RunStatus,
} from "./encoders/run-folder.ts";
export {
  type Candidate,
  type CompareOptions,
  type Comparison,
  type ComparisonEntry,
  type EncoderAbout,
  compareEncoders,
  type Score,
} from "./compare.ts";
export { type Baseline, baselineNames, baselines } from "./encoders/baselines.ts";
export { type ChannelMap, type ChannelPolicy, parseChannelPolicy } from "./encoders/channels.ts";
export { fetchBaseline, type FetchOptions, listBaselines } from "./encoders/fetch-baseline.ts";
export { type FrozenFacts, openFrozen } from "./encoders/frozen-encoder.ts";
export type { OpenContext } from "./encoders/open-context.ts";
export { openEncoder, parseReference, type Reference } from "./encoders/open-encoder.ts";
export type { EncoderKind, FeatureOptions, FeatureSet, OpenedEncoder } from "./encoders/opened-encoder.ts";
export { pixelFeatures } from "./encoders/pixel-features.ts";
export {
  type ExtractOptions,
  extractFeatures,
  type FrozenEncoder,
  type FrozenFeatures,
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
