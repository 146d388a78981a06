// Reading a checkpoint of a run: `checkpoints/step-00000120/` with model.safetensors (encoder under timm's names, projector)
// and checkpoint.json. Not its writing, nor the optimizer's state (@lejepa/train).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { type ParamSpec, readSafetensors, selectWeights, type StoredTensor } from "@lejepa/encoders";

/** Name and options from which `createEncoder` makes an encoder again; JSON. */
export interface EncoderSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How the encoder wants its images. */
export interface ImageSpec {
  readonly size: number;
  readonly channels: number;
  /** Stored values of black and of white. */
  readonly range: readonly [number, number];
  /** Per channel, black is 0 and white is 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Content of checkpoint.json: with model.safetensors, all that is needed to use the encoder. */
export interface CheckpointInfo {
  readonly format: 1;
  /** Steps done. */
  readonly step: number;
  readonly epoch: number;
  readonly encoder: EncoderSpec;
  readonly image: ImageSpec;
  /** Mean loss since the checkpoint before. */
  readonly loss: number;
  /** Label-free score of that loss (smaller is better); comparable within one run. */
  readonly score: number;
  readonly savedAt: string;
}

/** Names of the files in a checkpoint's folder. */
export const checkpointFiles = { info: "checkpoint.json", model: "model.safetensors" } as const;

/** Where a run keeps its checkpoints. */
export const checkpointsFolder = (runFolder: string): string => join(runFolder, "checkpoints");

/** Name of a checkpoint's folder. */
export const checkpointName = (step: number): string => `step-${String(step).padStart(8, "0")}`;

/** The folder of one checkpoint. */
export function checkpointPath(runFolder: string, step: number): string {
  return join(checkpointsFolder(runFolder), checkpointName(step));
}

/** Steps of the checkpoints in a run folder, ascending. */
export function listCheckpoints(runFolder: string): number[] {
  const folder = checkpointsFolder(runFolder);
  if (!existsSync(folder)) return [];
  const steps = readdirSync(folder).flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => a - b);
}

/**
 * Reads what checkpoint.json says.
 *
 * @throws LejepaError E_CHECKPOINT
 */
export function readCheckpointInfo(path: string): CheckpointInfo {
  const file = join(path, checkpointFiles.info);
  let info: CheckpointInfo;
  try {
    info = JSON.parse(readFileSync(file, "utf8")) as CheckpointInfo;
  } catch (cause) {
    throw new LejepaError({
      code: "E_CHECKPOINT",
      where: file,
      problem: "cannot be read",
      hint: "Use another checkpoint of the run.",
      cause,
    });
  }
  if (info.format === 1) return info;
  throw new LejepaError({
    code: "E_CHECKPOINT",
    where: file,
    expected: "format 1",
    got: String(info.format),
    hint: "It was written by another version.",
  });
}

/**
 * The weights of a checkpoint by name, for the given parameters.
 *
 * @throws LejepaError E_CHECKPOINT when a file is missing, damaged or of another model
 */
export function readCheckpointWeights(path: string, params: readonly ParamSpec[]): Map<string, Float32Array> {
  const where = join(path, checkpointFiles.model);
  return selectWeights(params, readTensorFile(where), { where });
}

/**
 * The tensors of a safetensors file.
 *
 * @throws LejepaError E_CHECKPOINT when it cannot be read or is damaged
 */
export function readTensorFile(file: string): ReadonlyMap<string, StoredTensor> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new LejepaError({
      code: "E_CHECKPOINT",
      where: file,
      problem: `cannot be read: ${(cause as Error).message}`,
      cause,
    });
  }
  return readSafetensors(bytes, { where: file }).tensors;
}
