// Checkpoints of a run: `checkpoints/step-00000120/` with model.safetensors (encoder under timm's names, projector),
// optimizer.safetensors (moments) and checkpoint.json. Written under another name, flushed, renamed: a checkpoint is there
// whole or not at all. Random state is not saved; it is a pure function of seed and step.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "@lejepa/contracts";
import { makeFolder, publishFolder, removeQuietly, withFileErrors, writeDurably } from "@lejepa/data";
import { pack, safetensorsChunks, selectWeights, type TensorToStore, withShapes } from "@lejepa/encoders";
import {
  type CheckpointInfo,
  checkpointFiles,
  checkpointName,
  checkpointPath,
  checkpointsFolder,
  listCheckpoints,
  readCheckpointWeights,
  readTensorFile,
} from "@lejepa/eval";
import { scalesLoss, scalingLength } from "./loss-scaling.ts";
import type { Model } from "./model.ts";
import { namedValues, type StateValues } from "./state.ts";

const optimizerFile = "optimizer.safetensors";

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
  const temporary = join(checkpointsFolder(runFolder), `.${checkpointName(info.step)}.${process.pid}.tmp`);
  try {
    makeFolder(temporary);
    const metadata = { format: "pt", step: String(info.step) };
    const tensors = withShapes(model.params, namedValues(model, state));
    writeDurably(join(temporary, checkpointFiles.model), safetensorsChunks(tensors, { metadata }));
    writeDurably(join(temporary, optimizerFile), safetensorsChunks(moments(model, state), { metadata }));
    writeDurably(join(temporary, checkpointFiles.info), [
      new TextEncoder().encode(`${JSON.stringify(info, null, 2)}\n`),
    ]);
    publishFolder(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  return path;
}

/** The loss's scale and its counters, beside the moments. */
const scalingName = "loss_scaling";

// PyTorch's names of AdamW's moments
const prefixes = { m: "exp_avg.", v: "exp_avg_sq." } as const;

function moments({ parameters }: Model, state: StateValues): Map<string, TensorToStore> {
  const tensors = new Map<string, TensorToStore>();
  for (const [key, prefix] of Object.entries(prefixes) as ["m" | "v", string][]) {
    for (const { name, shape, offset, size } of parameters.entries) {
      tensors.set(prefix + name, { shape, data: state[key].subarray(offset, offset + size) });
    }
  }
  if (state.scaling) tensors.set(scalingName, { shape: [scalingLength], data: state.scaling });
  return tensors;
}

/** Removes all checkpoints but the newest `keep` and the best, and what interrupted writes left behind. */
export function pruneCheckpoints(
  runFolder: string,
  { keep, best }: { readonly keep: number; readonly best: number | undefined },
): void {
  const steps = listCheckpoints(runFolder);
  withFileErrors(checkpointsFolder(runFolder), () => {
    for (const step of steps.slice(0, Math.max(0, steps.length - keep))) {
      if (step !== best) rmSync(checkpointPath(runFolder, step), { recursive: true, force: true });
    }
    for (const name of readdirSync(checkpointsFolder(runFolder))) {
      if (/^\.step-.*\.tmp$/.test(name))
        rmSync(join(checkpointsFolder(runFolder), name), { recursive: true, force: true });
    }
  });
}

/**
 * The whole training state of a checkpoint of a run of `precision`, bit for bit as it was saved.
 *
 * @throws LejepaError E_CHECKPOINT
 */
export function readCheckpointState(
  path: string,
  model: Model,
  precision: Config["precision"] = "float32",
): StateValues {
  const weights = readCheckpointWeights(path, model.params);
  const where = join(path, optimizerFile);
  const tensors = readTensorFile(where);
  const moment = (prefix: string): Float32Array => {
    const specs = model.params
      .filter(({ kind }) => kind === "parameter")
      .map((spec) => ({ ...spec, name: prefix + spec.name }));
    const values = selectWeights(specs, tensors, { where });
    return pack(new Map([...values].map(([name, data]) => [name.slice(prefix.length), data])), model.parameters);
  };
  const scaling = [{ name: scalingName, shape: [scalingLength] }] as const;
  return {
    ...(scalesLoss(precision) && {
      scaling: selectWeights(scaling, tensors, { where }).get(scalingName) as Float32Array,
    }),
    parameters: pack(weights, model.parameters),
    buffers: pack(weights, model.buffers),
    m: moment(prefixes.m),
    v: moment(prefixes.v),
  };
}
