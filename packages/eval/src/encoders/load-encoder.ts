// An encoder out of a run folder or a single checkpoint, ready to be used. Not the projector, which is thrown away after
// training.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { createEncoder, type Encoder } from "@lejepa/encoders";
import {
  checkpointPath,
  type EncoderSpec,
  type ImageSpec,
  listCheckpoints,
  readCheckpointInfo,
  readCheckpointWeights,
} from "./checkpoint.ts";
import { readRunInfo } from "./run-folder.ts";

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
}

/** Options of {@link loadEncoder}. */
export interface LoadEncoderOptions {
  /** `last` (default), `best` (lowest label-free score), or the step of a checkpoint. */
  readonly checkpoint?: "last" | "best" | number;
}

/**
 * Loads the encoder of a run folder, or of one checkpoint's folder.
 *
 * @throws LejepaError E_DATA when the folder is no run, E_CHECKPOINT when there is no such checkpoint or it is damaged
 */
export function loadEncoder(folder: string, { checkpoint = "last" }: LoadEncoderOptions = {}): LoadedEncoder {
  const path = existsSync(join(folder, "checkpoint.json")) ? resolve(folder) : choose(resolve(folder), checkpoint);
  const { encoder: spec, image, step } = readCheckpointInfo(path);
  const encoder = createEncoder(spec.name, spec.options);
  return { encoder, spec, values: readCheckpointWeights(path, encoder.params), image, step, path };
}

function choose(folder: string, wanted: "last" | "best" | number): string {
  const { checkpoints } = readRunInfo(folder);
  const steps = listCheckpoints(folder);
  // a run that is too short to compare its checkpoints has no best one: the last stands for it
  const step = wanted === "last" ? steps.at(-1) : wanted === "best" ? (checkpoints.best ?? steps.at(-1)) : wanted;
  if (step !== undefined && steps.includes(step)) return checkpointPath(folder, step);
  throw new LejepaError({
    code: "E_CHECKPOINT",
    where: folder,
    expected: steps.length === 0 ? "a run with checkpoints" : `a checkpoint of the steps ${steps.join(", ")}`,
    got: step === undefined ? "none" : `step ${step}`,
  });
}
