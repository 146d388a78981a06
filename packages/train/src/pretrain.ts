// A pretraining run from configuration to run folder: data, model, the loop, checkpoints, probes, and how it ends. One
// process; the step itself is ready for more.
import {
  type Config,
  type ConfigInput,
  isLejepaError,
  LejepaError,
  parseConfig,
  type ResolvedConfig,
  withImages,
} from "@lejepa/contracts";
import type { BuildProgress } from "@lejepa/data";
import { configuredEngine, type Engine } from "@lejepa/engine";
import { checkpointPath, listCheckpoints, readRunConfig, readRunInfo, type RunInfo } from "@lejepa/eval";
import { readCheckpointState } from "./checkpoint.ts";
import type { StepMetrics } from "@lejepa/eval";
import { createModel, initialValues, type Model } from "./model.ts";
import { probeOnline, whyNoProbe } from "./online-probe.ts";
import { type PreparedData, prepareData } from "./prepare-data.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { checkSameConfig, claimRunFolder, releaseRunFolder } from "./run-folder.ts";
import { freshState, type StateValues } from "./state.ts";
import type { StepMemory } from "./step-memory.ts";
import { createTrainer, type Trainer } from "./trainer.ts";

/** What a run tells while it goes on. */
export type PretrainEvent =
  | { readonly kind: "data"; readonly progress: BuildProgress }
  /** One line for the user. */
  | { readonly kind: "message"; readonly text: string }
  /** Everything is compiled; the first step follows. */
  | {
      readonly kind: "start";
      readonly info: RunInfo;
      readonly done: number;
      readonly endStep: number;
      readonly memory: StepMemory;
    }
  | { readonly kind: "step"; readonly metrics: StepMetrics; readonly endStep: number }
  | { readonly kind: "checkpoint"; readonly path: string; readonly step: number };

/** Options of {@link pretrain}. */
export interface PretrainOptions {
  /** The run folder: new or empty, or with `resume` an existing run. */
  readonly out: string;
  /** Go on with the run in `out` from its newest checkpoint. */
  readonly resume?: boolean;
  /** Stops after the present step, saves, and returns with status `interrupted`. */
  readonly signal?: AbortSignal;
  /** Folder of the energy counters; default `/sys/class/powercap` (a container may have the host's elsewhere). */
  readonly powercap?: string;
  /** Train although a step needs more memory than is free, by estimate (false: E_MEMORY before the first step). */
  readonly ignoreMemory?: boolean;
  readonly onProgress?: (event: PretrainEvent) => void;
}

/** How a run ended. Failures are thrown. */
export interface PretrainResult {
  readonly status: "done" | "interrupted";
  /** Absolute path of the run folder. */
  readonly folder: string;
  readonly info: RunInfo;
  /** The last step; absent when none was left to do. */
  readonly last?: StepMetrics;
}

/**
 * Pretrains an encoder.
 *
 *     const { folder } = await pretrain({ dataset: bindDataset(folderPlugin, { path: "photos" }) }, { out: "runs/first" });
 *
 * A run is a function of its configuration and images: stopped and resumed, it ends with the same weights, bit by bit (on one
 * device with one number of threads).
 *
 * @throws LejepaError E_CONFIG, E_DATA, E_RUN_EXISTS, E_IO, E_DEVICE, E_CHECKPOINT, E_NAN and E_MEMORY (the checkpoints before it
 *   are kept), E_ABORTED when stopped before the first step
 */
export async function pretrain(input: ConfigInput | Config, options: PretrainOptions): Promise<PretrainResult> {
  const parsed = parseConfig(input, "config");
  const { resume = false } = options;
  const folder = claimRunFolder(options.out, { resume });
  const config = resume ? asInRun(folder, parsed) : parsed;
  if (resume) checkSameConfig(folder, config);
  try {
    return await runIn(folder, config, options);
  } finally {
    releaseRunFolder(folder);
  }
}

/** The number of channels that the images had when the run was started. */
function asInRun(folder: string, config: Config): Config {
  if (config.data.channels !== null) return config;
  const { channels } = parseConfig(readRunConfig(folder), folder).data;
  return channels === null ? config : withImages(config, { channels });
}

async function runIn(folder: string, given: Config, options: PretrainOptions): Promise<PretrainResult> {
  const { resume = false, signal, ignoreMemory, onProgress = () => {} } = options;
  const log = (text: string): void => onProgress({ kind: "message", text });
  // before the images are decoded: a device that is not there is said at once
  const engine = await configuredEngine(given);
  try {
    const data = await prepareData(given, {
      signal,
      log,
      onProgress: (progress) => onProgress({ kind: "data", progress }),
    });
    try {
      const { config } = data;
      const model = createModel(config);
      const start = resume
        ? resumeState(folder, { model, data, log, config })
        : { done: 0, values: freshState(initialValues(model, config.seed), config.precision) };
      const trainer = await createTrainer(engine, { config, model, data, ...start, log, ignoreMemory });
      try {
        return await new Run({ folder, config, data, model, engine, trainer, options, log }).toTheEnd();
      } finally {
        await trainer.close();
      }
    } finally {
      data.store.close();
    }
  } finally {
    await engine.dispose();
  }
}

interface ResumeOptions {
  readonly model: Model;
  readonly data: PreparedData;
  readonly config: Pick<Config, "seed" | "precision">;
  readonly log: (text: string) => void;
}

/** The newest checkpoint that can be read; damaged ones are named and passed over. */
function resumeState(
  folder: string,
  { model, data, log, config: { seed, precision } }: ResumeOptions,
): { done: number; values: StateValues } {
  const { fingerprint } = readRunInfo(folder).data;
  if (fingerprint !== data.summary.fingerprint) {
    throw new LejepaError({
      code: "E_DATA",
      where: `resume ${folder}`,
      expected: "the images that the run was started with",
      got: "other images, labels or splits",
      hint: "Restore the dataset, or start a new run (--out DIR).",
    });
  }
  const steps = listCheckpoints(folder);
  if (steps.length === 0) {
    log("no checkpoint had been written yet: starting from the beginning");
    return { done: 0, values: freshState(initialValues(model, seed), precision) };
  }
  for (const done of steps.reverse()) {
    try {
      return { done, values: readCheckpointState(checkpointPath(folder, done), model, precision) };
    } catch (error) {
      if (!isLejepaError(error, "E_CHECKPOINT")) throw error;
      log(`passed over a damaged checkpoint: ${error.message}`);
    }
  }
  throw new LejepaError({
    code: "E_CHECKPOINT",
    where: folder,
    expected: "a checkpoint that can be read",
    got: "damaged ones only",
    hint: "Start a new run (--out DIR).",
  });
}

interface RunParts {
  readonly folder: string;
  readonly config: ResolvedConfig;
  readonly data: PreparedData;
  readonly model: Model;
  readonly engine: Engine;
  readonly trainer: Trainer;
  readonly options: PretrainOptions;
  readonly log: (text: string) => void;
}

/** Failures of a step after which the user wants to know what is left. */
const keptBy = ["E_NAN", "E_MEMORY", "E_DEVICE"] as const;

class Run {
  readonly #parts: RunParts;
  readonly #recorder: Recorder;
  readonly #endStep: number;
  readonly #every: number;
  readonly #probing: boolean;
  #saved: number;

  constructor(parts: RunParts) {
    const { config, data, trainer, options } = parts;
    this.#parts = parts;
    this.#endStep = trainer.endStep;
    this.#every = config.checkpoint.everySteps ?? data.sampler.stepsPerEpoch;
    this.#saved = trainer.done;
    const noProbe = whyNoProbe(data);
    this.#probing = noProbe === undefined;
    if (noProbe !== undefined && config.probe.everyEpochs > 0) parts.log(`no online probe: ${noProbe}`);
    this.#recorder = createRecorder({
      ...parts,
      done: trainer.done,
      resume: options.resume ?? false,
      powercap: options.powercap,
      totalSteps: trainer.schedule.totalSteps,
      window: data.sampler.stepsPerEpoch,
    });
  }

  async toTheEnd(): Promise<PretrainResult> {
    try {
      const result = await this.#loop();
      this.#recorder.finish(result.status);
      return { ...result, info: this.#recorder.info };
    } catch (error) {
      const failure = keptBy.some((code) => isLejepaError(error, code))
        ? this.#withCheckpoint(error as LejepaError)
        : error;
      this.#fail((failure as Error).message);
      throw failure;
    }
  }

  #fail(message: string): void {
    try {
      this.#recorder.finish("failed", message);
    } catch (error) {
      // a full disk takes no status either: the first error is the one to tell
      this.#parts.log(`the status could not be written: ${(error as Error).message}`);
    }
  }

  async #loop(): Promise<PretrainResult> {
    const { folder, trainer, options } = this.#parts;
    const done = trainer.done;
    options.onProgress?.({
      kind: "start",
      info: this.#recorder.info,
      done,
      endStep: this.#endStep,
      memory: trainer.memory,
    });
    let last: StepMetrics | undefined;
    while (trainer.done < this.#endStep && !options.signal?.aborted) {
      last = await this.#step();
      // lets timers and signals in, whatever the device does
      await new Promise((resolve) => setImmediate(resolve));
    }
    const status = trainer.done < this.#endStep ? "interrupted" : "done";
    if (this.#saved !== trainer.done) await this.#save(last?.epoch ?? 0);
    return { status, folder, info: this.#recorder.info, ...(last && { last }) };
  }

  async #step(): Promise<StepMetrics> {
    const { trainer, options } = this.#parts;
    const metrics = await this.#probed(await trainer.step());
    this.#recorder.step(metrics);
    options.onProgress?.({ kind: "step", metrics, endStep: this.#endStep });
    if (metrics.step % this.#every === 0) await this.#save(metrics.epoch);
    return metrics;
  }

  async #save(epoch: number): Promise<void> {
    const { trainer, options } = this.#parts;
    const path = this.#recorder.checkpoint(await trainer.read(), epoch);
    this.#saved = trainer.done;
    options.onProgress?.({ kind: "checkpoint", path, step: trainer.done });
  }

  /** Adds the probes' accuracies after every so many epochs, and at the end. */
  async #probed(metrics: StepMetrics): Promise<StepMetrics> {
    const { engine, config, data, model, trainer, log, options } = this.#parts;
    const every = config.probe.everyEpochs * data.sampler.stepsPerEpoch;
    if (!this.#probing || (metrics.step % every !== 0 && metrics.step !== this.#endStep)) return metrics;
    try {
      const { knn, linear } = await probeOnline(engine, await trainer.read(), {
        model,
        ...data,
        signal: options.signal,
      });
      return { ...metrics, probeKnn: knn, probeLinear: linear };
    } catch (error) {
      if (options.signal?.aborted) return metrics;
      // a look at the features must not end the training
      log(`the online probe failed: ${(error as Error).message}`);
      return metrics;
    }
  }

  #withCheckpoint(error: LejepaError): LejepaError {
    const { folder } = this.#parts;
    const step = listCheckpoints(folder).at(-1);
    const kept =
      step === undefined
        ? "No checkpoint had been written yet."
        : `The last good checkpoint is kept: ${checkpointPath(folder, step)}.`;
    const { code, where, message } = error;
    // the work failed, whoever is to blame
    return new LejepaError({
      code,
      where,
      problem: message.slice(where.length + 2),
      hint: kept,
      cause: error,
      exitCode: 1,
    });
  }
}
