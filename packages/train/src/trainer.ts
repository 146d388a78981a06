// The loop's inside: takes the batches in order, runs the compiled step on them and measures. Writes no files.
import { type Config, LejepaError } from "@lejepa/contracts";
import { type Batch, type BatchLoader, createBatchLoader, type ImageStore } from "@lejepa/data";
import type { CompiledProgram, DeviceTensor, Engine } from "@lejepa/engine";
import type { StepMetrics } from "@lejepa/eval";
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
   * @throws LejepaError E_NAN when the loss or the gradient is not finite, E_IO from the loader
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
}

class LoopState implements Trainer {
  readonly #parts: LoopParts;
  #done: number;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#done = parts.done;
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
    const feeds = stepFeeds(options, { step, epoch, rows, learningRate: rate, ...this.#pixels(batch) });
    const values = await readScalars(await program.run({ ...state, ...feeds }));
    this.#done = step + 1;
    const stepMs = performance.now() - start;
    const { loss, invariance, sigreg, gradNorm } = values as Record<
      "loss" | "invariance" | "sigreg" | "gradNorm",
      number
    >;
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
    };
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) throw notFinite(metrics, config);
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
  { step, loss, invariance, sigreg, gradNorm }: StepMetrics,
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
      `Likely causes: a learning rate that is too high (optimizer.learningRate ${optimizer.learningRate}), ` +
      `too much regularisation (objective.lambda ${objective.lambda}), images that are not finite. ` +
      `Try: ${clip}${warm}a lower learning rate.`,
  });
}
