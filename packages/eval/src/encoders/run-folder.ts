// What a run folder says: run.json and config.resolved.json. Not their writing (@lejepa/train does that), nor the checkpoints
// (checkpoint.ts).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LejepaError } from "@lejepa/contracts";

/** How a run stands. */
export type RunStatus = "running" | "done" | "interrupted" | "failed";

/** What run.json says about the images. */
export interface RunData {
  /** Equal fingerprints, equal images, labels and splits. */
  readonly fingerprint: string;
  readonly images: { readonly train: number; readonly validation: number; readonly test: number };
  readonly classes: number;
  /** Files that could not be decoded. */
  readonly failures: number;
  /** Stored values of black and of white. */
  readonly range: readonly [number, number];
  /** Per channel over the training images, black is 0 and white is 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Energy that was measured while a run went on, all sessions. */
export interface RunEnergy {
  readonly joules: number;
  /** Time it was measured over: less than the run's where a session had nothing to measure with. */
  readonly seconds: number;
  /** What was read: `RAPL package-0; nvidia-smi NVIDIA H100`. */
  readonly source: string;
}

/** Content of run.json. */
export interface RunInfo {
  readonly format: 1;
  readonly status: RunStatus;
  /** Why it failed, in one sentence. */
  readonly error?: string;
  /** Process that writes the folder while the status is `running`. */
  readonly process?: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: string;
  readonly data: RunData;
  readonly parameters: number;
  /** Steps done, and steps of the whole schedule. */
  readonly steps: { readonly done: number; readonly total: number; readonly perEpoch: number };
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly finishedAt?: string;
  /** Time spent in steps, all sessions, seconds; and the part of it spent waiting for data. */
  readonly seconds: number;
  readonly dataWaitShare: number;
  /** As of the last checkpoint, or the end; absent where the machine does not say. */
  readonly energy?: RunEnergy;
  /** Steps of the newest and of the best checkpoint (lowest label-free score). */
  readonly checkpoints: { readonly last?: number; readonly best?: number; readonly bestScore?: number };
}

/** Names of the files in a run folder. */
export const runFiles = { config: "config.resolved.json", info: "run.json" } as const;

/**
 * Reads run.json.
 *
 * @throws LejepaError E_DATA when the folder holds no run, E_IO when the file is damaged
 */
export function readRunInfo(folder: string): RunInfo {
  return readJson(folder, runFiles.info) as RunInfo;
}

/**
 * Reads config.resolved.json: plain JSON, for `parseConfig`.
 *
 * @throws LejepaError E_DATA, E_IO
 */
export function readRunConfig(folder: string): Record<string, unknown> {
  return readJson(folder, runFiles.config) as Record<string, unknown>;
}

function readJson(folder: string, name: string): unknown {
  const path = join(folder, name);
  if (!existsSync(path)) {
    throw new LejepaError({
      code: "E_DATA",
      where: folder,
      expected: `a run folder (with ${name})`,
      got: existsSync(folder) ? "a folder without it" : "no such folder",
    });
  }
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new LejepaError({ code: "E_IO", where: path, problem: "is damaged", cause });
  }
}
