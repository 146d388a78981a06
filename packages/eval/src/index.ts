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
  type Cockpit,
  type CockpitSlice,
  type CockpitTest,
  cockpitSchema,
  type HistoryPoint,
} from "./cockpit/cockpit-document.ts";
export { type CockpitOptions, createCockpit, rowsOfView } from "./cockpit/create-cockpit.ts";
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
