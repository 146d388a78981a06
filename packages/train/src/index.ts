/**
 * LeJEPA pretraining: one traced step (views, encoder, projector, loss, AdamW), the loop around it, run folders that survive
 * crashes, and encoders loaded from them.
 *
 *     const { folder } = await pretrain({ dataset: bindDataset(plugin, { path: "photos" }) }, { out: "runs/first" });
 *     const { encoder, values, image } = loadEncoder(folder);
 *
 * @module
 */
export { adamW, adamWHyper, type AdamWHyper, type AdamWOptions, type AdamWState, hyperLength } from "./adamw.ts";
export {
  type CheckpointInfo,
  type EncoderSpec,
  type ImageSpec,
  listCheckpoints,
  type LoadedEncoder,
  loadEncoder,
  type LoadEncoderOptions,
  readMetrics,
  readRunConfig,
  readRunInfo,
  type RunData,
  type RunInfo,
  type RunStatus,
  type StepMetrics,
} from "@lejepa/eval";
export { fineTune, type FineTuneOptions, type FineTuneResult } from "./fine-tune.ts";
export { createModel, initialValues, type Model, type ModelValues } from "./model.ts";
export { openImages, type PreparedData, prepareData, type PrepareOptions } from "./prepare-data.ts";
export { pretrain, type PretrainEvent, type PretrainOptions, type PretrainResult } from "./pretrain.ts";
export { createSchedule, learningRate, type Schedule } from "./schedule.ts";
export { freshState, type StateValues, type TrainingState, uploadState } from "./state.ts";
export type { StepMemory } from "./step-memory.ts";
export {
  compileStep,
  type StepBatch,
  type StepOptions,
  stepFeeds,
  stepSignature,
  trainingStep,
} from "./training-step.ts";
