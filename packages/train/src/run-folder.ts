// The run folder: who may write it, and the writing of config.resolved.json and run.json (@lejepa/eval reads them). Not the
// metrics (metrics-log.ts) and not the checkpoints (checkpoint.ts).
import { accessSync, constants, existsSync, readdirSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, configToJson, LejepaError } from "@lejepa/contracts";
import { isAlive, makeFolder, replaceJson, withFileErrors } from "@lejepa/data";
import { readRunConfig, readRunInfo, type RunInfo, runFiles } from "@lejepa/eval";

/**
 * Makes sure that a run may be written to `path`: a new run to a folder that is new or empty, a resumed one to a run that no
 * other process is writing.
 *
 * @returns the absolute path
 * @throws LejepaError E_RUN_EXISTS, E_CHECKPOINT (nothing to resume), E_IO (not writable)
 */
export function claimRunFolder(path: string, { resume }: { readonly resume: boolean }): string {
  const folder = resolve(path);
  if (existsSync(join(folder, runFiles.info))) {
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
    hint: `Wait for it or stop it. If that process is something else, change the status in ${runFiles.info} to "interrupted".`,
  });
}

/** Replaces run.json. */
export function writeRunInfo(folder: string, info: RunInfo): void {
  replaceJson(folder, runFiles.info, info);
}

/** Writes config.resolved.json. */
export function writeRunConfig(folder: string, config: Config): void {
  replaceJson(folder, runFiles.config, configToJson(config));
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
