// The run folder: who may write it, config.resolved.json and run.json. Not the metrics (metrics-log.ts) and not the
// checkpoints (checkpoint.ts).
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, configToJson, LejepaError } from "@lejepa/contracts";
import { makeFolder, replaceJson, withFileErrors } from "./files.ts";

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
  /** Steps of the newest and of the best checkpoint (lowest label-free score). */
  readonly checkpoints: { readonly last?: number; readonly best?: number; readonly bestScore?: number };
}

const configFile = "config.resolved.json";
const runFile = "run.json";

/**
 * Makes sure that a run may be written to `path`: a new run to a folder that is new or empty, a resumed one to a run that no
 * other process is writing.
 *
 * @returns the absolute path
 * @throws LejepaError E_RUN_EXISTS, E_CHECKPOINT (nothing to resume), E_IO (not writable)
 */
export function claimRunFolder(path: string, { resume }: { readonly resume: boolean }): string {
  const folder = resolve(path);
  if (existsSync(join(folder, runFile))) {
    if (!resume) throw runExists(folder);
    checkNotRunning(folder);
  } else if (resume) {
    throw nothingToResume(folder);
  }
  makeFolder(folder);
  withFileErrors(folder, () => accessSync(folder, constants.W_OK | constants.X_OK));
  if (!resume && readdirSync(folder).length > 0) throw notEmpty(folder);
  return folder;
}

/** Removes the folder if nothing came to be written to it. */
export function releaseRunFolder(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  } catch {
    // an empty folder left behind does no harm
  }
}

const runExists = (folder: string): LejepaError =>
  new LejepaError({
    code: "E_RUN_EXISTS",
    where: folder,
    problem: "holds a run already",
    hint: "Go on with it (--resume), or choose another folder (--out DIR).",
  });

const notEmpty = (folder: string): LejepaError =>
  new LejepaError({
    code: "E_RUN_EXISTS",
    where: folder,
    expected: "a new or empty folder",
    got: "one with files that are no run",
    hint: "Choose another folder (--out DIR).",
  });

const nothingToResume = (folder: string): LejepaError =>
  new LejepaError({
    code: "E_USAGE",
    where: folder,
    expected: "a run to go on with",
    got: existsSync(folder) ? "a folder without run.json" : "no such folder",
    hint: "Start it without --resume.",
  });

function checkNotRunning(folder: string): void {
  const { status, process: id } = readRunInfo(folder);
  if (status !== "running" || id === undefined || id === process.pid || !isAlive(id)) return;
  throw new LejepaError({
    code: "E_RUN_EXISTS",
    where: folder,
    problem: `process ${id} is writing this run`,
    hint: `Wait for it or stop it. If that process is something else, change the status in ${runFile} to "interrupted".`,
  });
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Reads run.json.
 *
 * @throws LejepaError E_DATA when the folder holds no run, E_IO when the file is damaged
 */
export function readRunInfo(folder: string): RunInfo {
  return readJson(folder, runFile) as RunInfo;
}

/** Replaces run.json. */
export function writeRunInfo(folder: string, info: RunInfo): void {
  replaceJson(folder, runFile, info);
}

/**
 * Reads config.resolved.json: plain JSON, for `parseConfig`.
 *
 * @throws LejepaError E_DATA, E_IO
 */
export function readRunConfig(folder: string): Record<string, unknown> {
  return readJson(folder, configFile) as Record<string, unknown>;
}

/** Writes config.resolved.json. */
export function writeRunConfig(folder: string, config: Config): void {
  replaceJson(folder, configFile, configToJson(config));
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

// what may change between the sessions of one run: it does not change what is computed
const free = [
  "schedule.maxSteps",
  "checkpoint",
  "probe",
  "data.cacheDir",
  "data.workers",
  "data.decodeSeconds",
  "data.decodeMegabytes",
  "device",
  "deviceIndex",
  "threads",
];

/**
 * Refuses to resume with another configuration than the run was started with.
 *
 * @throws LejepaError E_CONFIG naming the first key that differs
 */
export function checkSameConfig(folder: string, config: Config): void {
  const before = flatten(readRunConfig(folder));
  const now = flatten(configToJson(config));
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(key) === now.get(key) || free.some((name) => key === name || key.startsWith(`${name}.`))) continue;
    throw new LejepaError({
      code: "E_CONFIG",
      where: `resume ${folder}: ${key}`,
      expected: `${before.get(key) ?? "nothing"} as in the run`,
      got: now.get(key) ?? "nothing",
      hint: "Change it back, or start a new run (--out DIR).",
    });
  }
}

function flatten(value: unknown, prefix = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new Map([[prefix, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [...flatten(child, prefix === "" ? key : `${prefix}.${key}`)]),
  );
}
