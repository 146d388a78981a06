// An encoder out of a run folder or a single checkpoint, ready to be used; or with its projector, which is thrown away after
// training but is what the loss saw.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LejepaError, parseConfig } from "@lejepa/contracts";
import { createEncoder, createProjector, type Encoder, type Projector } from "@lejepa/encoders";
import {
  checkpointPath,
  type EncoderSpec,
  type ImageSpec,
  listCheckpoints,
  readCheckpointInfo,
  readCheckpointWeights,
} from "./checkpoint.ts";
import { bestCheckpoint } from "../label-free/run-score.ts";
import { readRunConfig, readRunInfo } from "./run-folder.ts";

/** An encoder with its weights and how it wants its images. */
export interface LoadedEncoder {
  readonly encoder: Encoder;
  readonly spec: EncoderSpec;
  /** Weights and running statistics by timm's names. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly image: ImageSpec;
  readonly step: number;
  /** The checkpoint's folder. */
  readonly path: string;
  /** Why this checkpoint, when the best was asked for. */
  readonly reason?: string;
}

/** Options of {@link loadEncoder}. */
export interface LoadEncoderOptions {
  /** `last` (default), `best` (lowest label-free score of those kept; see `bestCheckpoint`), or the step of a checkpoint. */
  readonly checkpoint?: "last" | "best" | number;
}

/**
 * Loads the encoder of a run folder, or of one checkpoint's folder.
 *
 * @throws LejepaError E_DATA when the folder is no run, E_CHECKPOINT when there is no such checkpoint or it is damaged
 */
export function loadEncoder(folder: string, { checkpoint = "last" }: LoadEncoderOptions = {}): LoadedEncoder {
  const { path, reason } = findCheckpoint(folder, checkpoint);
  const { encoder: spec, image, step } = readCheckpointInfo(path);
  const encoder = createEncoder(spec.name, spec.options);
  const values = readCheckpointWeights(path, encoder.params);
  return { encoder, spec, values, image, step, path, ...(reason !== undefined && { reason }) };
}

/** A checkpoint with its projector: what the loss saw, for looking at training itself. */
export interface LoadedModel extends LoadedEncoder {
  readonly projector: Projector;
}

/**
 * Loads encoder and projector of a run folder (or of one checkpoint in it); `values` holds both.
 *
 * @throws LejepaError as `loadEncoder`, and E_CHECKPOINT when the checkpoint lies in no run folder
 */
export function loadModel(folder: string, options: LoadEncoderOptions = {}): LoadedModel {
  const loaded = loadEncoder(folder, options);
  const { outDim, hidden } = parseConfig(readRunConfig(dirname(dirname(loaded.path))), folder).projector;
  const projector = createProjector({ inDim: loaded.encoder.featureDim, hidden, outDim });
  const values = readCheckpointWeights(loaded.path, [...loaded.encoder.params, ...projector.params]);
  return { ...loaded, projector, values };
}

function findCheckpoint(given: string, wanted: "last" | "best" | number): { path: string; reason?: string } {
  const folder = resolve(given);
  if (existsSync(join(folder, "checkpoint.json"))) return { path: folder };
  readRunInfo(folder); // says what is wrong with a folder that is no run
  const steps = listCheckpoints(folder);
  const best = wanted === "best" ? bestCheckpoint(folder) : undefined;
  const step = wanted === "last" ? steps.at(-1) : wanted === "best" ? best?.step : wanted;
  if (step !== undefined && steps.includes(step))
    return { path: checkpointPath(folder, step), ...(best && { reason: best.reason }) };
  throw new LejepaError({
    code: "E_CHECKPOINT",
    where: folder,
    expected: steps.length === 0 ? "a run with checkpoints" : `a checkpoint of the steps ${steps.join(", ")}`,
    got: step === undefined ? "none" : `step ${step}`,
  });
}
