// The loop's inside: takes the batches in order, runs the compiled step on them and measures. Writes no files.
import { type Config, LejepaError } from "@lejepa/contracts";
import { type Batch, type BatchLoader, createBatchLoader, type ImageStore } from "@lejepa/data";
import type { CompiledProgram, DeviceTensor, Engine } from "@lejepa/engine";
import type { StepMetrics } from "@lejepa/eval";
import { scalingRule, skippedSteps } from "./loss-scaling.ts";
import type { Model } from "./model.ts";
import { type PreparedData, programPixels } from "./prepare-data.ts";
import { createSchedule, learningRate, type Schedule } from "./schedule.ts";
import { disposeState, readState, type StateValues, type TrainingState, uploadState } from "./state.ts";
import { compileStep, type StepBatch, stepFeeds, type StepOptions } from "./training-step.ts";

/** Where a run is and how it goes on. */
export interface Trainer {
  readonly state: TrainingState;
  readonly schedule: Schedule;
  /** Steps done. */
  readonly done: number;
  /**
   * Does one step.
   * @throws LejepaError E_NAN when the loss or the gradient is not finite (where the loss is scaled: at its least scale),
   *   E_IO from the loader
   */
  step(): Promise<StepMetrics>;
  /** The state on the host. */
  read(): Promise<StateValues>;
  close(): Promise<void>;
}

/** What a trainer starts from. */
export interface TrainerOptions {
  readonly config: Config;
  readonly model: Model;
  readonly data: PreparedData;
  readonly values: StateValues;
  /** Steps that `values` have seen. */
  readonly done: number;
}

/**
 * Compiles the step and starts reading batches.
 *
 * @throws LejepaError E_SHAPE, E_DEVICE
 */
export async function createTrainer(
  engine: Engine,
  { config, model, data, values, done }: TrainerOptions,
): Promise<Trainer> {
  const worldSize = engine.group?.size ?? 1;
  const { device } = engine;
  const options: StepOptions = { config, model, views: data.views, batch: config.batchSize, worldSize, device };
  const program = await compileStep(engine, options);
  const state = await uploadState(engine, model, values);
  const loader = createBatchLoader(data.store, { sampler: data.sampler, startStep: done });
  return new LoopState({
    store: data.store,
    config,
    options,
    program,
    state,
    loader,
    done,
    skipped: skippedSteps(values),
    schedule: createSchedule(config, data.sampler.stepsPerEpoch),
  });
}

interface LoopParts {
  readonly store: ImageStore;
  readonly config: Config;
  readonly options: StepOptions;
  readonly program: CompiledProgram;
  readonly state: TrainingState;
  readonly loader: BatchLoader;
  readonly schedule: Schedule;
  readonly done: number;
  /** Steps of those done that were skipped. */
  readonly skipped: number;
}

class LoopState implements Trainer {
  readonly #parts: LoopParts;
  #done: number;
  #skipped: number;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#done = parts.done;
    this.#skipped = parts.skipped;
  }

  get state(): TrainingState {
    return this.#parts.state;
  }

  get schedule(): Schedule {
    return this.#parts.schedule;
  }

  get done(): number {
    return this.#done;
  }

  async step(): Promise<StepMetrics> {
    const { config, options, program, state, loader, schedule } = this.#parts;
    const start = performance.now();
    const batch = await loader.next();
    const { step, epoch, rows } = batch;
    const dataWaitMs = performance.now() - start;
    const rate = learningRate(schedule, step);
    const before = this.#skipped;
    const feeds = stepFeeds(options, {
      step,
      skipped: before,
      epoch,
      rows,
      learningRate: rate,
      ...this.#pixels(batch),
    });
    const { loss, invariance, sigreg, gradNorm, lossScale, skipped } = (await readScalars(
      await program.run({ ...state, ...feeds }),
    )) as unknown as StepScalars;
    this.#done = step + 1;
    this.#skipped = skipped ?? before;
    const stepMs = performance.now() - start;
    const imagesPerSecond = (1000 * rows.length) / stepMs;
    const metrics = {
      step: step + 1,
      epoch,
      loss,
      invariance,
      sigreg,
      gradNorm,
      learningRate: rate,
      imagesPerSecond,
      stepMs,
      dataWaitMs,
      ...(lossScale !== undefined && { lossScale }),
    };
    // a skipped step has changed nothing, and the next one has a smaller scale
    const canGoOn = this.#skipped > before && (lossScale as number) > scalingRule.least;
    if (!canGoOn && !(Number.isFinite(loss) && Number.isFinite(gradNorm))) throw notFinite(metrics, config);
    return metrics;
  }

  #pixels({ rows, images, partners }: Batch): Pick<StepBatch, "images" | "masks" | "partners"> {
    const { store, options } = this.#parts;
    const masksOf = (of: Uint32Array): Uint8Array | undefined =>
      options.views.image.masked ? store.readMasks(of) : undefined;
    return {
      images: programPixels(images),
      masks: masksOf(rows),
      partners: partners && { images: programPixels(partners.images), masks: masksOf(partners.rows) },
    };
  }

  read(): Promise<StateValues> {
    return readState(this.#parts.state);
  }

  async close(): Promise<void> {
    await this.#parts.loader.close();
    disposeState(this.#parts.state);
    await this.#parts.program.dispose();
  }
}

/** What the step returns; the last two where the loss is scaled. */
interface StepScalars extends Pick<StepMetrics, "loss" | "invariance" | "sigreg" | "gradNorm" | "lossScale"> {
  readonly skipped?: number;
}

async function readScalars(outputs: Record<string, DeviceTensor>): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    values[name] = (await tensor.read())[0] as number;
    tensor.dispose();
  }
  return values;
}

/** Says which part went wrong first, and what usually does it. */
function notFinite(
  { step, loss, invariance, sigreg, gradNorm, lossScale }: StepMetrics,
  { optimizer, objective, schedule }: Config,
): LejepaError {
  const clip = optimizer.clipGradNorm === null ? "set optimizer.clipGradNorm (1 is usual), " : "";
  const warm = schedule.warmupEpochs < 1 ? "lengthen schedule.warmupEpochs, " : "";
  return new LejepaError({
    code: "E_NAN",
    where: `step ${step}`,
    expected: "a finite loss and gradient",
    got: `loss ${loss} (invariance ${invariance}, sigreg ${sigreg}), gradient norm ${gradNorm}`,
    hint:
      (lossScale === undefined
        ? ""
        : `The loss was scaled by ${lossScale} only, the least: try precision bfloat16 or float32. `) +
      `Likely causes: a learning rate that is too high (optimizer.learningRate ${optimizer.learningRate}), ` +
      `too much regularisation (objective.lambda ${objective.lambda}), images that are not finite. ` +
      `Try: ${clip}${warm}a lower learning rate.`,
  });
}
