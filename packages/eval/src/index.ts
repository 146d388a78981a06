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
