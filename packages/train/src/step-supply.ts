// What the steps are fed with: batch, views' parameters, directions, learning rate, in the device's memory where it has its own.
// Where a run leaves JavaScript's thread free, the next step's are made while a step computes. Feeds are functions of the
// run's seed and the step, so when they are made changes nothing.
import type { Batch, BatchLoader, ImageStore } from "@lejepa/data";
import { DeviceTensor, type Engine, type Feed } from "@lejepa/engine";
import { programPixels } from "./prepare-data.ts";
import { learningRate, type Schedule } from "./schedule.ts";
import { type StepBatch, stepFeeds, type StepOptions, stepSignature } from "./training-step.ts";

/** Everything that one step needs besides the state. */
export interface StepSupplies {
  /** Steps done before this one. */
  readonly step: number;
  readonly epoch: number;
  readonly images: number;
  readonly learningRate: number;
  /** Whoever runs the step frees the tensors: {@link disposeFeeds}. */
  readonly feeds: Readonly<Record<string, Feed>>;
}

/** Frees what of the feeds is in the device's memory. */
export function disposeFeeds(feeds: Readonly<Record<string, Feed>>): void {
  for (const feed of Object.values(feeds)) if (feed instanceof DeviceTensor) feed.dispose();
}

/** What the supplies are made of. `loader` holds two batches unless `engine.whileRunning` is `nothing`. */
export interface SupplyParts {
  readonly engine: Pick<Engine, "whileRunning" | "tensor">;
  readonly loader: BatchLoader;
  readonly store: Pick<ImageStore, "readMasks">;
  readonly options: StepOptions;
  readonly schedule: Schedule;
  /** The step after the last: for it and those behind it nothing is made ahead. */
  readonly endStep: number;
}

/** Smaller feeds are handed over with the run. */
const UPLOAD_BYTES = 1 << 12;

interface Made {
  readonly supplies: StepSupplies;
  /** When JavaScript was busy with these and the run beside it ended, so that the device may have had nothing to do. */
  readonly late: { readonly from: number; readonly to: number } | undefined;
}

/** Hands out the supplies of the steps in order. */
export class StepSupply {
  readonly #parts: SupplyParts;
  #ahead: Promise<Made> | undefined;

  constructor(parts: SupplyParts) {
    this.#parts = parts;
  }

  /**
   * The next step's supplies, and how long the device had nothing to do for want of them, milliseconds.
   *
   * @throws LejepaError E_IO from the loader, at the step that it belongs to
   */
  async take(): Promise<{ readonly supplies: StepSupplies; readonly waitMs: number }> {
    const start = performance.now();
    const made = this.#ahead ?? this.#make(() => false);
    this.#ahead = undefined;
    const { supplies, late } = await made;
    const before = late === undefined ? 0 : Math.max(0, Math.min(late.to, start) - late.from);
    return { supplies, waitMs: performance.now() - start + before };
  }

  /** Says that step `step` has been started: the next one's supplies are made while `running` is under way. */
  started(step: number, running: Promise<unknown>): void {
    const { engine, endStep } = this.#parts;
    if (engine.whileRunning === "nothing" || step + 1 >= endStep) return;
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    running.then(end, end);
    this.#ahead = turn().then(() => this.#make(() => ended));
    // told when the step is taken
    this.#ahead.catch(() => {});
  }

  /** Ends the loader and frees what was made and not taken. */
  async close(): Promise<void> {
    await this.#parts.loader.close();
    const unused = await this.#ahead?.catch(() => undefined);
    if (unused !== undefined) disposeFeeds(unused.supplies.feeds);
    this.#ahead = undefined;
  }

  /** `ended`: whether the run that it happens beside has ended. */
  async #make(ended: () => boolean): Promise<Made> {
    const { loader, options, schedule } = this.#parts;
    const batch = await loader.next();
    const from = performance.now();
    const { step, epoch, rows } = batch;
    const rate = learningRate(schedule, step);
    const host = stepFeeds(options, { step, epoch, rows, learningRate: rate, ...this.#pixels(batch) });
    const to = performance.now();
    // lets the news of the run's end in: if it ended at some time while JavaScript was drawing, all of that counts
    await turn();
    const late = ended() ? { from, to } : undefined;
    const feeds = await this.#upload(host);
    return { supplies: { step, epoch, images: rows.length, learningRate: rate, feeds }, late };
  }

  /** The feeds, the large ones on the device where uploads can happen beside a run. */
  async #upload(host: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, Feed>>> {
    const { engine, options } = this.#parts;
    if (engine.whileRunning !== "uploads") return host;
    const signature = stepSignature(options);
    const feeds: Record<string, Feed> = { ...host };
    try {
      for (const [name, feed] of Object.entries(host)) {
        const spec = signature[name];
        if (spec === undefined || feed instanceof DeviceTensor || feed.byteLength < UPLOAD_BYTES) continue;
        feeds[name] = await engine.tensor(feed, spec.shape, spec.dtype ?? "float32");
      }
    } catch (error) {
      disposeFeeds(feeds);
      throw error;
    }
    return feeds;
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
}

/** Lets everything else have its turn: a run that was just asked for is handed to its thread. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
