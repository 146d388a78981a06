/**
 * What every lejepa package agrees on: the dataset contract, the config schema, errors, shape checks and seeded random
 * streams. Runs anywhere (no Node built-ins) and does nothing at import.
 *
 *     const config = parseConfig({ dataset: bindDataset(folder, { path: "photos" }), views: { locals: 4 } }, "my config");
 *     const directions = stream(config.seed, "sigreg", step).fillNormal(new Float32Array(64 * 1024));
 *
 * @module
 */
export { LejepaError, errorCodes, isLejepaError, type ErrorCode, type LejepaErrorParts } from "./errors.ts";
export { expectRank, expectShape, type Shaped } from "./shape.ts";
export { nearest } from "./nearest.ts";
export { stream, type RandomStream } from "./random.ts";
export { objectiveDefaults, type ObjectiveOptions } from "./objective-defaults.ts";
export {
  bindDataset,
  defineDataset,
  domainOf,
  findDataset,
  isDataset,
  type BoundDataset,
  type Dataset,
  type DatasetContext,
  type DatasetDefinition,
  type DatasetDomain,
  type DatasetIndex,
  type DatasetItem,
  type DecodeContext,
  type DecodeTarget,
  type DownloadRequest,
  type FormatSupport,
  type ImageRecord,
  type Inspection,
  type InspectRequest,
  type InspectStage,
  type ItemSource,
  type JsonValue,
  type PixelArray,
  type PixelType,
  type Skipped,
  type SplitName,
  type StoredArray,
} from "./dataset.ts";
export { splitNamed } from "./split-name.ts";
export { configSchema, encoderNames } from "./config-schema.ts";
export { deviceNames, devicePrecisions, precisions } from "./devices.ts";
export {
  configToJson,
  defineConfig,
  isVit,
  parseConfig,
  withImages,
  type Config,
  type ConfigInput,
  type ResolvedConfig,
} from "./config.ts";
export {
  type AskedOperations,
  type Border,
  type OperationName,
  operationNames,
  type OperationOptions,
  type Operations,
  operationSchemas,
} from "./augmentation/operations.ts";
export {
  type AugmentationDefinition,
  type AugmentationPolicy,
  defineAugmentation,
  type PolicyViews,
} from "./augmentation/policy.ts";
export { policies } from "./augmentation/policies.ts";
export { policyPage } from "./augmentation/policy-page.ts";
export {
  type AskedAugmentation,
  type AugmentationContext,
  type AugmentConfig,
  policyOf,
  resolveAugmentation,
  type ResolvedAugmentation,
} from "./augmentation/resolve.ts";
export { applySettings } from "./config-set.ts";
export { configJsonSchema, configKeys, configTable, type ConfigKey } from "./config-docs.ts";
