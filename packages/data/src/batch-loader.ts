/**
 * Batches of training images, read ahead by background threads into shared memory, so that they are there when a step
 * that blocks the JavaScript thread returns. Which rows a batch holds is the sampler's business: any number of threads
 * gives the same batches. No augmentation here.
 */
import { Worker } from "node:worker_threads";
import { LejepaError, type PixelArray } from "@lejepa/contracts";
import type { BatchAnswer, BatchRequest, BatchWorkerData } from "./batch-worker.ts";
import { pixelTypes } from "./pixels.ts";
import type { Sampler } from "./sampler.ts";
import type { ImageStore } from "./types.ts";
import { workerUrl } from "./worker-url.ts";

/** One batch. Its pixels are overwritten by the next call of `next`, or a later one (`held`). */
export interface Batch {
  readonly step: number;
  readonly epoch: number;
  /** Rows of the store, in the batch's order. */
  readonly rows: Uint32Array;
  /** [rows, height, width, channels], in ordinary memory (ONNX Runtime takes no shared memory). */
  readonly images: PixelArray;
  /** Rows and pixels of the images' partners, in the batch's order, where the sampler has partners. */
  readonly partners?: { readonly rows: Uint32Array; readonly images: PixelArray };
  /** Class of each image, -1 without a label. */
  readonly labels: Int32Array;
}

/** How the loader has kept up. */
export interface LoaderTimes {
  /** Batches handed out. */
  readonly batches: number;
  /** Time that `next` made its caller wait, all batches, milliseconds. */
  readonly waitedMs: number;
}

/** Hands out the batches of a run in order. */
export interface BatchLoader {
  /**
   * The batch of the next step. One call at a time.
   * @throws LejepaError E_IO when the store cannot be read, E_ABORTED after the signal, E_USAGE after `close`
   */
  next(): Promise<Batch>;
  readonly times: LoaderTimes;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Options of `createBatchLoader`. */
export interface BatchLoaderOptions {
  readonly sampler: Sampler;
  /** First step to hand out (0), e.g. where a checkpoint stopped. */
  readonly startStep?: number;
  /** Batches read ahead (2). */
  readonly ahead?: number;
  /** Batches whose pixels stay as they are: the newest, and those before it (1: the newest alone). */
  readonly held?: number;
  /** Threads (1; reading decoded rows is cheap, more help on slow disks). */
  readonly workers?: number;
  readonly signal?: AbortSignal;
}

/**
 * Starts reading batches of `store` in the sampler's order. Memory: `ahead + held` batches.
 *
 * @throws LejepaError E_USAGE for fewer than one thread, batch ahead or batch held, or a first step that is not 0, 1, ...
 */
export function createBatchLoader(store: ImageStore, options: BatchLoaderOptions): BatchLoader {
  for (const [name, least] of [
    ["ahead", 1],
    ["held", 1],
    ["workers", 1],
    ["startStep", 0],
  ] as const) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) continue;
    const expected = `${name} as an integer >= ${least}`;
    throw new LejepaError({ code: "E_USAGE", where: "createBatchLoader", expected, got: String(value) });
  }
  return new RingLoader(store, options);
}

interface Pending {
  readonly slot: number;
  readonly step: number;
  readonly rows: Uint32Array;
  readonly partners: Uint32Array | undefined;
  readonly ticket: number;
}

class RingLoader implements BatchLoader {
  readonly #store: ImageStore;
  readonly #sampler: Sampler;
  readonly #signal: AbortSignal | undefined;
  /** Shared with the threads: the batches read ahead. */
  readonly #slots: readonly PixelArray[];
  /** The batches that the caller has, in turn. */
  readonly #held: readonly PixelArray[];
  readonly #ready: Int32Array;
  readonly #workers: readonly Worker[];
  readonly #pending: Pending[] = [];
  #nextStep: number;
  #failure: string | undefined;
  #wake: (() => void) | undefined;
  #closed = false;
  #batches = 0;
  #waitedMs = 0;

  constructor(
    store: ImageStore,
    { sampler, startStep = 0, ahead = 2, held = 1, workers = 1, signal }: BatchLoaderOptions,
  ) {
    const rowBytes = store.rowElements * pixelTypes[store.dtype].bytes;
    // partners lie behind the images
    const slotBytes = sampler.batchSize * rowBytes * (sampler.partners === undefined ? 1 : 2);
    this.#store = store;
    this.#sampler = sampler;
    this.#signal = signal;
    this.#nextStep = startStep;
    const memory = Array.from({ length: ahead }, () => new SharedArrayBuffer(slotBytes));
    const { view } = pixelTypes[store.dtype];
    this.#slots = memory.map((buffer) => view(buffer));
    this.#held = Array.from({ length: held }, () => view(new ArrayBuffer(slotBytes)));
    const tickets = new SharedArrayBuffer(ahead * 4);
    this.#ready = new Int32Array(tickets);
    const { imagesFile, headerBytes } = store;
    const workerData: BatchWorkerData = { imagesFile, headerBytes, rowBytes, slots: memory, tickets };
    this.#workers = Array.from({ length: workers }, () => this.#start(workerData));
    for (let slot = 0; slot < ahead; slot++) this.#request(slot);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get times(): LoaderTimes {
    return { batches: this.#batches, waitedMs: this.#waitedMs };
  }

  async next(): Promise<Batch> {
    this.#checkOpen();
    const { slot, step, rows, partners, ticket } = this.#pending.shift() as Pending;
    await this.#until(slot, ticket);
    const pixels = this.#held[this.#batches % this.#held.length] as PixelArray;
    pixels.set(this.#slots[slot] as PixelArray);
    this.#request(slot);
    this.#batches += 1;
    const { labels, rowElements } = this.#store;
    const end = rows.length * rowElements;
    return {
      step,
      epoch: this.#sampler.epochOf(step),
      rows,
      images: pixels.subarray(0, end),
      ...(partners && { partners: { rows: partners, images: pixels.subarray(end) } }),
      labels: Int32Array.from(rows, (row) => labels[row] as number),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(workerData: BatchWorkerData): Worker {
    // flags of the calling process (a test runner's loaders) are not for the built files
    const worker = new Worker(new URL(workerUrl("batch-worker")), { workerData, execArgv: [], name: "batches" });
    worker.on("message", (answer: BatchAnswer) => {
      if ("error" in answer) this.#failure = answer.error;
      this.#wake?.();
    });
    worker.on("error", (error) => {
      this.#failure = error.message;
      this.#wake?.();
    });
    // a forgotten loader does not keep the process alive; `#until` holds on while someone waits
    worker.unref();
    return worker;
  }

  #request(slot: number): void {
    const step = this.#nextStep++;
    const rows = this.#sampler.batch(step);
    const partners = this.#sampler.partners?.(step);
    // never 0, the value of an untouched slot
    const ticket = (step % 2 ** 30) + 1;
    this.#pending.push({ slot, step, rows, partners, ticket });
    const message: BatchRequest = { slot, ticket, rows: Uint32Array.from([...rows, ...(partners ?? [])]) };
    this.#workers[step % this.#workers.length]?.postMessage(message);
  }

  async #until(slot: number, ticket: number): Promise<void> {
    // looked up directly: the thread's message may still be queued behind the step that just ended
    if (Atomics.load(this.#ready, slot) === ticket) return;
    const start = performance.now();
    for (const worker of this.#workers) worker.ref();
    try {
      while (Atomics.load(this.#ready, slot) !== ticket) {
        this.#checkOpen();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      for (const worker of this.#workers) worker.unref();
      this.#waitedMs += performance.now() - start;
    }
  }

  #checkOpen(): void {
    const where = "batch loader";
    if (this.#signal?.aborted) throw new LejepaError({ code: "E_ABORTED", where, problem: "stopped on request" });
    if (this.#closed) throw new LejepaError({ code: "E_USAGE", where, problem: "is closed" });
    if (this.#failure !== undefined) {
      throw new LejepaError({
        code: "E_IO",
        where: this.#store.imagesFile,
        problem: `cannot be read: ${this.#failure}`,
      });
    }
  }

  readonly #onAbort = (): void => this.#wake?.();
}
