/**
 * Frozen features, probes on them, the baselines (random initialisation, raw pixels), and a verdict with its uncertainty.
 *
 *     const context = { engine, images: { store, train: splits.train }, cacheDir: ".lejepa/cache" };
 *     const own = await openEncoder("run:runs/first", context);
 *     const pixels = await openEncoder("pixels", context);
 *     const comparison = await compareEncoders(engine, {
 *       store, splits,
 *       candidates: [{ name: "LeJEPA", encoders: [own] }, { name: "pixels", encoders: [pixels] }],
 *     });
 *     process.stdout.write(formatComparison(comparison));
 *
 * @module
 */
export { type Candidate, type CompareOptions, compareEncoders, labelledRows, labelsOf } from "./compare.ts";
export {
  compareFeatures,
  type CompareFeaturesOptions,
  type CompareSettings,
  type EncoderFeatures,
} from "./compare-features.ts";
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
export {
  type LoadedEncoder,
  type LoadedModel,
  loadEncoder,
  type LoadEncoderOptions,
  loadModel,
} from "./encoders/load-encoder.ts";
export { metricsFile, parseMetricsLine, readMetrics, type StepMetrics } from "./encoders/run-metrics.ts";
export {
  bestCheckpoint,
  type ChosenCheckpoint,
  readRunScore,
  type RunScore,
  smoothedLoss,
} from "./label-free/run-score.ts";
export {
  readRunConfig,
  readRunInfo,
  type RunData,
  type RunEnergy,
  type RunInfo,
  runFiles,
  type RunStatus,
} from "./encoders/run-folder.ts";
export { type Baseline, baselineNames, baselines } from "./encoders/baselines.ts";
export { type ChannelMap, type ChannelPolicy, parseChannelPolicy } from "./encoders/channels.ts";
export { fetchBaseline, type FetchOptions, listBaselines } from "./encoders/fetch-baseline.ts";
export { type FrozenFacts, openFrozen } from "./encoders/frozen-encoder.ts";
export type { OpenContext } from "./encoders/open-context.ts";
export { openEncoder, parseReference, type Reference } from "./encoders/open-encoder.ts";
export type { FeatureOptions, FeatureSet, OpenedEncoder, OpenedKind } from "./encoders/opened-encoder.ts";
export { pixelFeatures } from "./encoders/pixel-features.ts";
export {
  type Cockpit,
  type CockpitSlice,
  type CockpitTest,
  cockpitSchema,
  type HistoryPoint,
} from "./cockpit/cockpit-document.ts";
export { type CockpitOptions, createCockpit, rowsOfView } from "./cockpit/create-cockpit.ts";
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
  randomEncoder,
} from "./features.ts";
export { formatComparison, metricTitles, probeTitles } from "./format.ts";
export {
  createLeaderboard,
  describeAgreement,
  formatLeaderboard,
  type Leaderboard,
  leaderboardCells,
  type LeaderboardEntry,
  type LeaderboardRun,
  type MeasureAgreement,
} from "./label-free/leaderboard.ts";
export { type LabelFreeMeasures, measureLabelFree, type MeasureOptions } from "./label-free/measures.ts";
export {
  embedViews,
  heldOutRows,
  projectFeatures,
  type TrainedModel,
  type ViewEmbeddingOptions,
  type ViewEmbeddings,
} from "./label-free/view-embeddings.ts";
export { layerNormRows, type Matrix, matrix, pickRows, placeRows } from "./matrix.ts";
export type { FineTuneJob, FineTuner } from "./probe-cells.ts";
export { type SeedFeatures } from "./probes/features.ts";
export { type KnnOptions, knnClassify, type Neighbours, nearestNeighbours } from "./probes/knn.ts";
export {
  type LabelledFeatures,
  logisticProbe,
  type LogisticProbeOptions,
  type LogisticProbeResult,
} from "./probes/logistic-probe.ts";
export type { Grids } from "./probes/run-probe.ts";
export { type MeanInterval, meanInterval } from "./statistics/estimate.ts";
export { predictedClasses, type PredictionScores, scorePredictions } from "./statistics/metrics.ts";
export { knownRows, type SplitRows, type Targets } from "./targets.ts";
export {
  readTargets,
  type TableTargets,
  tableTasks,
  type TableTask,
  type TargetTableOptions,
} from "./target-table/read-targets.ts";
export { differenceText } from "./verdict/words.ts";
export { drawPreview, type PreviewGroup, type PreviewOptions } from "./draw-preview.ts";
export { cropsMiss, leastCropArea, medianObjectArea } from "./object-area.ts";
export { gridMeans, type Separability, separability, type Spread, type ViewVectors } from "./separability.ts";
