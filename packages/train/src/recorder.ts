// What a run leaves in its folder while it goes on: metrics, checkpoints, run.json. Not when to do so (pretrain.ts).
import { readFileSync } from "node:fs";
import type { Config } from "@lejepa/contracts";
import { labelFreeScore } from "@lejepa/core";
import { type CheckpointInfo, checkpointPath, readRunInfo, type RunInfo, type RunStatus } from "@lejepa/eval";
import { addEnergy, type EnergyMeter, openEnergyMeter } from "./energy-meter.ts";
import { pruneCheckpoints, saveCheckpoint } from "./checkpoint.ts";
import { readMetrics, type StepMetrics } from "@lejepa/eval";
import { type MetricsLog, openMetricsLog } from "./metrics-log.ts";
import type { Model } from "./model.ts";
import type { PreparedData } from "./prepare-data.ts";
import { writeRunConfig, writeRunInfo } from "./run-folder.ts";
import type { StateValues } from "./state.ts";

/** Writes a run folder. */
export interface Recorder {
  readonly info: RunInfo;
  /** Records a step. */
  step(metrics: StepMetrics): void;
  /** Saves the state after `metrics.step` steps; returns the checkpoint's folder. */
  checkpoint(state: StateValues, epoch: number): string;
  /** Writes the final status and closes the files. */
  finish(status: Exclude<RunStatus, "running">, error?: string): void;
}

/** What a recorder is made for. */
export interface RecorderOptions {
  readonly folder: string;
  readonly config: Config;
  readonly model: Model;
  readonly data: PreparedData;
  /** Steps done by the checkpoint that the run starts from; 0 for a new run. */
  readonly done: number;
  readonly resume: boolean;
  /** Folder of the energy counters; absent: the machine's. */
  readonly powercap?: string | undefined;
  readonly totalSteps: number;
  /** Steps over which the loss is averaged to compare checkpoints. */
  readonly window: number;
}

/**
 * Opens the files of a run and marks it as running.
 *
 * @throws LejepaError E_IO
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { folder, config, done, resume } = options;
  const before = resume ? readRunInfo(folder) : undefined;
  if (!resume) writeRunConfig(folder, config);
  const earlier = readMetrics(folder).filter(({ step }) => step <= done);
  const log = openMetricsLog(folder, done);
  return new FolderRecorder(options, log, {
    info: firstInfo(options, before, earlier),
    losses: earlier
      .slice(-options.window)
      .map(({ loss }) => loss)
      .filter(Number.isFinite),
  });
}

function firstInfo(
  { config, data, model, done, totalSteps }: RecorderOptions,
  before: RunInfo | undefined,
  earlier: readonly StepMetrics[],
): RunInfo {
  const now = new Date().toISOString();
  const seconds = earlier.reduce((sum, { stepMs }) => sum + stepMs, 0) / 1000;
  const waited = earlier.reduce((sum, { dataWaitMs }) => sum + dataWaitMs, 0) / 1000;
  return {
    format: 1,
    status: "running",
    process: process.pid,
    versions: versions(),
    device: config.device,
    data: data.summary,
    parameters: model.parameters.entries.reduce((sum, { size }) => sum + size, 0),
    steps: { done, total: totalSteps, perEpoch: data.sampler.stepsPerEpoch },
    startedAt: before?.startedAt ?? now,
    updatedAt: now,
    seconds,
    dataWaitShare: seconds > 0 ? waited / seconds : 0,
    // of steps that were lost, too: it was spent
    ...(before?.energy && { energy: before.energy }),
    checkpoints: before?.checkpoints ?? {},
  };
}

function versions(): Record<string, string> {
  const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return { lejepa: own.version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
}

class FolderRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #log: MetricsLog;
  readonly #losses: number[];
  readonly #energy: EnergyMeter;
  readonly #energyBefore: RunInfo["energy"];
  #info: RunInfo;

  constructor(
    options: RecorderOptions,
    log: MetricsLog,
    { info, losses }: { readonly info: RunInfo; readonly losses: number[] },
  ) {
    this.#options = options;
    this.#log = log;
    this.#info = info;
    this.#losses = losses;
    this.#energyBefore = info.energy;
    this.#energy = openEnergyMeter({ ...options.config, powercap: options.powercap });
    this.#write({});
  }

  get info(): RunInfo {
    return this.#info;
  }

  step(metrics: StepMetrics): void {
    this.#log.append(metrics);
    // counters go round: none of their turns may be missed
    this.#energy.read();
    // that of a skipped step may not be
    if (Number.isFinite(metrics.loss)) this.#losses.push(metrics.loss);
    if (this.#losses.length > this.#options.window) this.#losses.shift();
    const { seconds, dataWaitShare, steps } = this.#info;
    const total = seconds + metrics.stepMs / 1000;
    const waited = dataWaitShare * seconds + metrics.dataWaitMs / 1000;
    this.#info = {
      ...this.#info,
      steps: { ...steps, done: metrics.step },
      seconds: total,
      dataWaitShare: waited / total,
    };
  }

  checkpoint(state: StateValues, epoch: number): string {
    const { folder, model, data, config } = this.#options;
    const step = this.#info.steps.done;
    const loss = this.#losses.reduce((sum, value) => sum + value, 0) / this.#losses.length;
    const score = labelFreeScore(loss, config.objective.lambda);
    const info: CheckpointInfo = {
      format: 1,
      step,
      epoch,
      encoder: model.encoderSpec,
      image: data.image,
      loss,
      score,
      savedAt: new Date().toISOString(),
    };
    saveCheckpoint(folder, model, { state, info });
    const { best, bestScore } = this.#info.checkpoints;
    // a mean over fewer steps is too noisy to win
    const wins = this.#losses.length >= this.#options.window && (bestScore === undefined || score < bestScore);
    const leader = wins
      ? { best: step, bestScore: score }
      : { ...(best !== undefined && { best }), ...(bestScore !== undefined && { bestScore }) };
    this.#write({ checkpoints: { last: step, ...leader } });
    pruneCheckpoints(folder, { keep: config.checkpoint.keep, best: leader.best });
    return checkpointPath(folder, step);
  }

  finish(status: Exclude<RunStatus, "running">, error?: string): void {
    const { process: _, ...info } = this.#info;
    this.#info = info;
    const now = new Date().toISOString();
    try {
      this.#write({ status, finishedAt: now, ...(error !== undefined && { error }) });
    } finally {
      this.#energy.close();
      this.#log.close();
    }
  }

  #write(change: Partial<RunInfo>): void {
    const energy = addEnergy(this.#energyBefore, this.#energy.read());
    this.#info = { ...this.#info, ...(energy && { energy }), ...change, updatedAt: new Date().toISOString() };
    writeRunInfo(this.#options.folder, this.#info);
  }
}
