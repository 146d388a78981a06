/**
 * From a dataset plugin to training batches: `buildStore` decodes once into a cache of plain NumPy files, `splitItems` and
 * `channelStatistics` look at it, `createSampler` and `createBatchLoader` hand out batches. Knows no file format and no
 * model; Node only.
 *
 *     const store = await buildStore(bindDataset(folder, { path }), { size: 64, channels: 3, cacheDir: ".lejepa/cache" });
 *     const { train } = splitItems(store.items, { validation: 0.1, test: 0, stratify: true, seed: 0 });
 *     const sampler = createSampler(train, { batchSize: 128, seed: 0 });
 *     const loader = createBatchLoader(store, { sampler });
 *     const { images, labels } = await loader.next();
 *
 * @module
 */
export { buildStore, type BuildStoreOptions } from "./build-store.ts";
export { listItems, type ItemList } from "./list-items.ts";
export { splitItems, type SplitOptions } from "./splits.ts";
export { channelStatistics, type ChannelStatistics } from "./statistics.ts";
export { type ChannelHistogram, channelHistograms, channelPercentiles, valueRange } from "./percentiles.ts";
export { type CallOptions, createInspector, type Inspector } from "./call-plugin.ts";
export type { PluginLimits } from "./plugin-pool.ts";
export { createPartners, type PartnerOptions, type Partners } from "./partners.ts";
export { createSampler, epochOrder, type Sampler, type SamplerOptions } from "./sampler.ts";
export {
  createBatchLoader,
  type Batch,
  type BatchLoader,
  type BatchLoaderOptions,
  type LoaderTimes,
} from "./batch-loader.ts";
export {
  makeFolder,
  publishFolder,
  removeQuietly,
  replaceFile,
  replaceJson,
  withFileErrors,
  writeDurably,
  writeFully,
} from "./durable-files.ts";
export { isAlive } from "./is-alive.ts";
export { expectClasses } from "./labels.ts";
export { type ChannelSummary, type InspectionSummary, summariseInspection } from "./inspect-summary.ts";
export { findEqualFiles, type FileSizes, measureFiles } from "./duplicates-exact.ts";
export { findNearPairs, type NearPair, sketch, type Sketch } from "./duplicates-near.ts";
export {
  countClasses,
  countFacts,
  type FactCount,
  groupBalance,
  type GroupBalance,
  groupsInTwoSplits,
  splitOfItems,
  suspectGroups,
  type SuspectedGroups,
} from "./scan-index.ts";
export { type ChannelDistribution, type PixelScan, scanPixels } from "./scan-pixels.ts";
export { datasetOfItems, sampleItems } from "./scan-sample.ts";
export type { BuildProgress, DecodeFailure, ImageForm, ImageStore, Splits } from "./types.ts";
