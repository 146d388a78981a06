/**
 * Runs a plugin in processes of its own, which untrusted files may abort, hang or fill: the process that dies takes down only
 * the task it was at. Tasks of a dead process that could have been its end are run again one at a time, so that the one to
 * blame is known; the process is replaced and the rest goes on.
 *
 * Ours, on node:child_process, because no maintained pool we found limits the memory of a process, ends the one that is stuck
 * and tells which task it was at.
 */
import type { Dataset } from "@lejepa/contracts";
import { type Ending, PluginProcess } from "./plugin-process.ts";
import type { PluginSetup, PluginTask, TaskResult } from "./plugin-tasks.ts";

/** What a plugin may use. */
export interface PluginLimits {
  /** Processor time of one item, seconds; files above 1 MB get more in proportion. */
  readonly seconds: number;
  /** Memory of one item, megabytes (2^20 bytes). */
  readonly megabytes: number;
}

/** The limits when nothing is said. */
export const defaultLimits: PluginLimits = { seconds: 2, megabytes: 1024 };

/** What a pool is made for. */
export interface PluginPoolOptions extends Pick<PluginSetup, "module" | "id" | "cacheDir"> {
  readonly processes: number;
  readonly limits: PluginLimits;
  log(line: string): void;
}

/** One thing to do: a task with at most one item. */
export interface Job {
  readonly task: PluginTask;
  /** Size of its file, which the time limit grows with. */
  readonly bytes: number;
  /** Processor time without a sign of life, instead of the pool's limit. */
  readonly seconds?: number;
  onResult(result: TaskResult): void;
  /** The process died of it; `reason` is a plain sentence. */
  onDeath(reason: string): void;
}

// what a slow decoder reads in a second
const bytesPerSecond = 20e6;

interface Worker {
  readonly process: PluginProcess;
  readonly jobs: Map<number, Job>;
  /** Runs one suspect at a time. */
  alone: boolean;
}

/** The pool. Its processes start when there is work for them. */
export class PluginPool {
  readonly #options: PluginPoolOptions;
  readonly #queue: Job[] = [];
  /** Jobs that may have been the end of a process. */
  readonly #suspects: Job[] = [];
  readonly #workers = new Set<Worker>();
  readonly #failed: (error: Error) => void;
  /** Rejects when the plugin cannot be loaded; never resolves. */
  readonly failure: Promise<never>;
  /** Tasks that lie ready in a process. */
  window = 1;
  #numbers = 0;
  #closed = false;
  #scheduled = false;

  constructor(options: PluginPoolOptions) {
    this.#options = options;
    let failed: (error: Error) => void = () => {};
    this.failure = new Promise<never>((_, reject) => {
      failed = reject;
    });
    // whoever waits for a result also waits for this; nobody waiting is no reason to crash
    this.failure.catch(() => {});
    this.#failed = failed;
  }

  /** Ids of the running processes. */
  get pids(): number[] {
    return [...this.#workers].flatMap(({ process: { pid } }) => pid ?? []);
  }

  /** Takes a job; its callbacks say what became of it. */
  add(job: Job): void {
    this.#queue.push(job);
    this.#dispatchSoon();
  }

  /** Ends all processes. What is not done stays without a result. */
  async close({ politely = false } = {}): Promise<void> {
    this.#closed = true;
    const workers = [...this.#workers];
    this.#workers.clear();
    await Promise.all(workers.map(({ process: running }) => running.end({ politely })));
  }

  // jobs that are added one after another go out together
  #dispatchSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#closed) return;
    for (const worker of this.#workers) this.#feed(worker);
    const waiting = this.#queue.length + this.#suspects.length;
    if (waiting > 0 && this.#workers.size < this.#options.processes) {
      this.#feed(this.#start());
      this.#dispatch();
    }
  }

  #start(): Worker {
    const { module, id, cacheDir, limits, log } = this.#options;
    const jobs = new Map<number, Job>();
    const setup = { module, id, cacheDir, memoryBytes: limits.megabytes * 2 ** 20 };
    const running = new PluginProcess(setup, {
      onLog: log,
      onResult: (number, result) => {
        const job = jobs.get(number);
        jobs.delete(number);
        job?.onResult(result);
        if (running.open.size <= this.window / 2) this.#dispatchSoon();
      },
      onEnd: (ending) => this.#bury(worker, ending),
    });
    const worker: Worker = { process: running, jobs, alone: false };
    this.#workers.add(worker);
    return worker;
  }

  #feed(worker: Worker): void {
    const { open, grown } = worker.process;
    if (open.size === 0) worker.alone = false;
    // memory that a task is charged with must be its own: an old process makes way for a new one
    if (grown > (this.#options.limits.megabytes * 2 ** 20) / 2) {
      if (open.size === 0) this.#replace(worker);
      return;
    }
    if (worker.alone) return;
    if (this.#suspects.length > 0) {
      if (open.size > 0) return;
      worker.alone = true;
      this.#give(worker, [this.#suspects.shift() as Job]);
    } else if (open.size <= this.window / 2) {
      const jobs = this.#take(Math.max(1, this.window - open.size));
      if (jobs.length > 0) this.#give(worker, jobs);
    }
  }

  // the next jobs that one message can hold
  #take(room: number): Job[] {
    const first = this.#queue[0]?.task;
    let count = 1;
    while (count < room && isAlike(first, this.#queue[count]?.task)) count += 1;
    return this.#queue.splice(0, count);
  }

  #replace(worker: Worker): void {
    this.#workers.delete(worker);
    void worker.process.end();
    if (this.#queue.length + this.#suspects.length > 0) this.#feed(this.#start());
  }

  #give(worker: Worker, jobs: readonly Job[]): void {
    const number = this.#numbers;
    this.#numbers += jobs.length;
    for (const [i, job] of jobs.entries()) worker.jobs.set(number + i, job);
    const limitMs = Math.max(...jobs.map((job) => this.#limitMs(job)));
    worker.process.run(number, together(jobs), limitMs);
  }

  #limitMs({ bytes, seconds = this.#options.limits.seconds }: Job): number {
    return 1000 * (seconds + Math.max(0, bytes - 1e6) / bytesPerSecond);
  }

  #bury(worker: Worker, ending: Ending): void {
    this.#workers.delete(worker);
    if (typeof ending === "object" && "unusable" in ending) {
      this.#failed(ending.unusable);
      return;
    }
    const jobs = [...worker.jobs.values()];
    const [only] = jobs;
    if (only !== undefined && jobs.length === 1) only.onDeath(this.#reason(ending, only));
    else this.#suspects.push(...jobs);
    this.#dispatch();
  }

  #reason(ending: Exclude<Ending, { readonly unusable: Error }>, job: Job): string {
    if (ending === "memory") return `needed more than ${this.#options.limits.megabytes} MB of memory`;
    if (ending === "time" || ending === "silent")
      return `took longer than ${Number((this.#limitMs(job) / 1000).toPrecision(2))} s`;
    return `the decoder crashed (${ending.crash})`;
  }
}

function isAlike(a: PluginTask | undefined, b: PluginTask | undefined): boolean {
  return a?.kind === "decode" && b?.kind === "decode" && a.options === b.options && a.target === b.target;
}

function together(jobs: readonly Job[]): PluginTask {
  const [{ task }] = jobs as [Job];
  if (task.kind !== "decode") return task;
  return { ...task, items: jobs.flatMap((job) => (job.task.kind === "decode" ? job.task.items : [])) };
}

/** A pool for a plugin that names its module; `undefined` for one that runs in the calling process. */
export function openPool(
  { module, id }: Pick<Dataset, "module" | "id">,
  options: Omit<PluginPoolOptions, "module" | "id">,
): PluginPool | undefined {
  return module === undefined ? undefined : new PluginPool({ module, id, ...options });
}
