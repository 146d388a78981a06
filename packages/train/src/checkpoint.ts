// Checkpoints of a run: `checkpoints/step-00000120/` with model.safetensors (encoder under timm's names, projector),
// optimizer.safetensors (moments) and checkpoint.json. Written under another name, flushed, renamed: a checkpoint is there
// whole or not at all. Random state is not saved; it is a pure function of seed and step.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import {
  pack,
  readSafetensors,
  safetensorsChunks,
  selectWeights,
  type TensorToStore,
  withShapes,
} from "@lejepa/encoders";
import { makeFolder, publishFolder, removeQuietly, withFileErrors, writeDurably } from "./files.ts";
import type { EncoderSpec, Model } from "./model.ts";
import { namedValues, type StateValues } from "./state.ts";

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
  /** Mean loss of the last epoch. */
  readonly loss: number;
  /** Label-free score of that loss (smaller is better); comparable within one run. */
  readonly score: number;
  readonly savedAt: string;
}

const infoFile = "checkpoint.json";
const modelFile = "model.safetensors";
const optimizerFile = "optimizer.safetensors";

const folderOf = (runFolder: string): string => join(runFolder, "checkpoints");
const nameOf = (step: number): string => `step-${String(step).padStart(8, "0")}`;

/** The folder of one checkpoint. */
export function checkpointPath(runFolder: string, step: number): string {
  return join(folderOf(runFolder), nameOf(step));
}

/**
 * Writes a checkpoint; returns its folder.
 *
 * @throws LejepaError E_IO; earlier checkpoints stay as they are
 */
export function saveCheckpoint(
  runFolder: string,
  model: Model,
  { state, info }: { readonly state: StateValues; readonly info: CheckpointInfo },
): string {
  const path = checkpointPath(runFolder, info.step);
  const temporary = join(folderOf(runFolder), `.${nameOf(info.step)}.${process.pid}.tmp`);
  try {
    makeFolder(temporary);
    const metadata = { format: "pt", step: String(info.step) };
    const tensors = withShapes(model.params, namedValues(model, state));
    writeDurably(join(temporary, modelFile), safetensorsChunks(tensors, { metadata }));
    writeDurably(join(temporary, optimizerFile), safetensorsChunks(moments(model, state), { metadata }));
    writeDurably(join(temporary, infoFile), [new TextEncoder().encode(`${JSON.stringify(info, null, 2)}\n`)]);
    publishFolder(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  return path;
}

// PyTorch's names of AdamW's moments
const prefixes = { m: "exp_avg.", v: "exp_avg_sq." } as const;

function moments({ parameters }: Model, state: StateValues): Map<string, TensorToStore> {
  const tensors = new Map<string, TensorToStore>();
  for (const [key, prefix] of Object.entries(prefixes) as ["m" | "v", string][]) {
    for (const { name, shape, offset, size } of parameters.entries) {
      tensors.set(prefix + name, { shape, data: state[key].subarray(offset, offset + size) });
    }
  }
  return tensors;
}

/** Steps of the checkpoints in a run folder, ascending. */
export function listCheckpoints(runFolder: string): number[] {
  const folder = folderOf(runFolder);
  if (!existsSync(folder)) return [];
  const steps = readdirSync(folder).flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => a - b);
}

/** Removes all checkpoints but the newest `keep` and the best, and what interrupted writes left behind. */
export function pruneCheckpoints(
  runFolder: string,
  { keep, best }: { readonly keep: number; readonly best: number | undefined },
): void {
  const steps = listCheckpoints(runFolder);
  withFileErrors(folderOf(runFolder), () => {
    for (const step of steps.slice(0, Math.max(0, steps.length - keep))) {
      if (step !== best) rmSync(checkpointPath(runFolder, step), { recursive: true, force: true });
    }
    for (const name of readdirSync(folderOf(runFolder))) {
      if (/^\.step-.*\.tmp$/.test(name)) rmSync(join(folderOf(runFolder), name), { recursive: true, force: true });
    }
  });
}

/**
 * Reads what checkpoint.json says.
 *
 * @throws LejepaError E_CHECKPOINT
 */
export function readCheckpointInfo(path: string): CheckpointInfo {
  const file = join(path, infoFile);
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
export function readCheckpointWeights(path: string, params: Model["params"]): Map<string, Float32Array> {
  const where = join(path, modelFile);
  return selectWeights(params, readTensors(where), { where });
}

/**
 * The whole training state of a checkpoint, bit for bit as it was saved.
 *
 * @throws LejepaError E_CHECKPOINT
 */
export function readCheckpointState(path: string, model: Model): StateValues {
  const weights = readCheckpointWeights(path, model.params);
  const where = join(path, optimizerFile);
  const tensors = readTensors(where);
  const moment = (prefix: string): Float32Array => {
    const specs = model.params
      .filter(({ kind }) => kind === "parameter")
      .map((spec) => ({ ...spec, name: prefix + spec.name }));
    const values = selectWeights(specs, tensors, { where });
    return pack(new Map([...values].map(([name, data]) => [name.slice(prefix.length), data])), model.parameters);
  };
  return {
    parameters: pack(weights, model.parameters),
    buffers: pack(weights, model.buffers),
    m: moment(prefixes.m),
    v: moment(prefixes.v),
  };
}

function readTensors(file: string): ReturnType<typeof readSafetensors>["tensors"] {
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
