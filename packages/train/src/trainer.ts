// The loop's inside: takes the batches in order, runs the compiled step on them and measures. Writes no files.
import { type Config, LejepaError } from "@lejepa/contracts";
import { createBatchLoader } from "@lejepa/data";
import type { CompiledProgram, DeviceTensor, Engine } from "@lejepa/engine";
import type { StepMetrics } from "@lejepa/eval";
import { scalingRule, skippedSteps } from "./loss-scaling.ts";
import type { Model } from "./model.ts";
import type { PreparedData } from "./prepare-data.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { disposeState, readState, type StateValues, type TrainingState, uploadState } from "./state.ts";
import { checkStepMemory, type StepMemory, withFittingBatch } from "./step-memory.ts";
import { disposeFeeds, type StepSupplies, StepSupply } from "./step-supply.ts";
import { compileStep, stepHyper, type StepOptions } from "./training-step.ts";

/** Where a run is and how it goes on. */
export interface Trainer {
  readonly state: TrainingState;
  readonly schedule: Schedule;
  /** Steps done. */
  readonly done: number;
  /** What a step needs, by estimate, and what there was before the first. */
  readonly memory: StepMemory;
  /** Steps when the run is at its end: those of the schedule, or the configured fewer. */
  readonly endStep: number;
  /**
   * Does one step. `dataWaitMs` is the time that the device had nothing to do for want of data.
   * @throws LejepaError E_NAN when the loss or the gradient is not finite (where the loss is scaled: at its least scale),
   *   E_MEMORY with the batch that would fit, E_DEVICE when the device is lost, E_IO from the loader
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
  /** Start although a step needs more memory than is free, by estimate (false). */
  readonly ignoreMemory?: boolean | undefined;
  /** One line for the user. */
  readonly log?: (text: string) => void;
}

/**
 * Compiles the step and starts reading batches.
 *
 * @throws LejepaError E_SHAPE, E_DEVICE, E_MEMORY when a step would not fit into what is free
 */
export async function createTrainer(
  engine: Engine,
  { config, model, data, values, done, ignoreMemory = false, log = () => {} }: TrainerOptions,
): Promise<Trainer> {
  const worldSize = engine.group?.size ?? 1;
  const { device } = engine;
  const options: StepOptions = { config, model, views: data.views, batch: config.batchSize, worldSize, device };
  const program = await compileStep(engine, options);
  const memory = await checkStepMemory(engine, options, { step: program.describe(), ignore: ignoreMemory, log });
  const state = await uploadState(engine, model, values);
  const schedule = createSchedule(config, data.sampler.stepsPerEpoch);
  const endStep = Math.min(schedule.totalSteps, config.schedule.maxSteps ?? schedule.totalSteps);
  // one for the step that runs, one for the next
  const held = engine.whileRunning === "nothing" ? 1 : 2;
  const loader = createBatchLoader(data.store, { sampler: data.sampler, startStep: done, held });
  const supply = new StepSupply({ engine, loader, store: data.store, options, schedule, endStep });
  const skipped = skippedSteps(values);
  return new LoopState({ engine, options, config, program, memory, state, supply, done, skipped, schedule, endStep });
}

interface LoopParts {
  readonly engine: Engine;
  readonly options: StepOptions;
  readonly memory: StepMemory;
  readonly config: Config;
  readonly program: CompiledProgram;
  readonly state: TrainingState;
  readonly supply: StepSupply;
  readonly schedule: Schedule;
  readonly done: number;
  /** Steps of those done that were skipped. */
  readonly skipped: number;
  readonly endStep: number;
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

  get memory(): StepMemory {
    return this.#parts.memory;
  }

  get endStep(): number {
    return this.#parts.endStep;
  }

  async step(): Promise<StepMetrics> {
    const { config, supply } = this.#parts;
    const start = performance.now();
    const { supplies, waitMs } = await supply.take();
    const { step, epoch, images, learningRate } = supplies;
    const before = this.#skipped;
    const { loss, invariance, sigreg, gradNorm, lossScale, skipped = before } = await this.#run(supplies);
    this.#done = step + 1;
    this.#skipped = skipped;
    const stepMs = performance.now() - start;
    const metrics = {
      step: step + 1,
      epoch,
      loss,
      invariance,
      sigreg,
      gradNorm,
      learningRate,
      imagesPerSecond: (1000 * images) / stepMs,
      stepMs,
      // a part of it may have been in the step before
      dataWaitMs: Math.min(waitMs, stepMs),
      ...(lossScale !== undefined && { lossScale }),
    };
    // a skipped step has changed nothing, and the next one has a smaller scale
    const canGoOn = skipped > before && (lossScale as number) > scalingRule.least;
    if (!canGoOn && !(Number.isFinite(loss) && Number.isFinite(gradNorm))) throw notFinite(metrics, config);
    return metrics;
  }

  async #run({ step, learningRate, feeds }: StepSupplies): Promise<StepScalars> {
    const { engine, options, program, state, supply } = this.#parts;
    // made before it was known how many steps AdamW would count
    const hyper = this.#skipped > 0 && { hyper: stepHyper(options, { step, skipped: this.#skipped, learningRate }) };
    try {
      const running = program.run({ ...state, ...feeds, ...hyper });
      supply.started(step, running);
      return (await readScalars(await running)) as unknown as StepScalars;
    } catch (error) {
      throw await withFittingBatch(error, engine, { options, step: program.describe() });
    } finally {
      disposeFeeds(feeds);
    }
  }

  read(): Promise<StateValues> {
    return readState(this.#parts.state);
  }

  async close(): Promise<void> {
    await this.#parts.supply.close();
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
