/**
 * A process of a plugin, seen from the parent: started, given tasks, watched, ended. What to do when it dies is the pool's
 * business (plugin-pool.ts).
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type FromChild,
  type LastWords,
  lastWordsFd,
  type PluginSetup,
  type PluginTask,
  type TaskResult,
  type ToChild,
} from "./plugin-tasks.ts";
import { receivedError } from "./sent-error.ts";
import { workerUrl } from "./worker-url.ts";

/** How a process ended without being asked to. `unusable`: it cannot work at all. */
export type Ending = LastWords | "silent" | { readonly crash: string } | { readonly unusable: Error };

/** Who listens to a process. */
export interface ProcessListener {
  onResult(number: number, result: TaskResult): void;
  onLog(line: string): void;
  /** After it the process is gone; not called after `end`. */
  onEnd(ending: Ending): void;
}

// the process ends itself on processor time; this is for one that waits for something that never comes
const patience = 10;
const graceMs = 500;

/** One process. */
export class PluginProcess {
  readonly #child: ChildProcess;
  readonly #listener: ProcessListener;
  readonly #gone: Promise<void>;
  /** Numbers of the tasks that have no result yet. */
  readonly open = new Set<number>();
  /** Memory beyond that at the start, bytes, as of the last result. */
  grown = 0;
  #ready = false;
  #lastWords = "";
  #unusable: Error | undefined;
  #silent = false;
  #limitMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(setup: PluginSetup, listener: ProcessListener) {
    this.#listener = listener;
    this.#child = fork(fileURLToPath(workerUrl("plugin-child")), {
      serialization: "advanced",
      // flags of the calling process (a test runner's loaders) are not for the built files; the heap's own limit comes after
      // the watchdog's
      execArgv: [`--max-old-space-size=${Math.ceil(setup.memoryBytes / 2 ** 20) + 512}`],
      // decoders write file contents into their complaints
      stdio: ["ignore", "ignore", "ignore", "ipc", "pipe"],
    });
    const child = this.#child;
    child.stdio[lastWordsFd]?.on("data", (bytes: Buffer) => {
      this.#lastWords += bytes.toString("latin1");
    });
    child.on("message", (message: FromChild) => this.#take(message));
    this.#gone = new Promise((resolve) => {
      const gone = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#onClose(code, signal);
        resolve();
      };
      child.once("close", gone);
      child.on("error", (error) => {
        // one that was never there; else sending to a process that has just died, whose end is reported above
        if (child.pid !== undefined) return;
        this.#unusable = error;
        gone(null, null);
      });
    });
    this.#send({ kind: "setup", setup });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether the plugin is loaded. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Gives it a task; `numbers` of its items from `number` on. */
  run(number: number, task: PluginTask, limitMs: number): void {
    const count = task.kind === "decode" ? task.items.length : 1;
    for (let i = 0; i < count; i++) this.open.add(number + i);
    this.#limitMs = Math.max(limitMs, this.open.size === count ? 0 : this.#limitMs);
    if (task.kind === "index") this.#limitMs = Number.POSITIVE_INFINITY;
    this.#send({ kind: "task", number, limitMs, task });
    this.#watch();
  }

  /** Ends it without a report. Politely: it may finish what it writes, for half a second. */
  async end({ politely = false } = {}): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (politely && this.#child.connected) {
      this.#send({ kind: "stop" });
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
      if (this.open.size === 0) this.#child.disconnect();
      await this.#gone;
      clearTimeout(timer);
      return;
    }
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  #send(message: ToChild): void {
    // a process that died a moment ago takes nothing; its end is on its way
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #take(message: FromChild): void {
    if (message.kind === "log") {
      if (!this.#ended) this.#listener.onLog(message.line);
    } else if (message.kind === "ready") {
      this.#ready = true;
      this.#watch();
    } else if (message.kind === "unusable") {
      this.#unusable = receivedError(message.error);
      this.#child.kill("SIGKILL");
    } else {
      this.grown = message.grown;
      for (const [number, result] of message.results) {
        this.open.delete(number);
        if (!this.#ended) this.#listener.onResult(number, result);
      }
      if (this.#ended && this.open.size === 0 && this.#child.connected) this.#child.disconnect();
      this.#watch();
    }
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#ended || !this.#ready || this.open.size === 0 || !Number.isFinite(this.#limitMs)) return;
    this.#timer = setTimeout(() => {
      this.#silent = true;
      this.#child.kill("SIGKILL");
    }, this.#limitMs * patience);
  }

  #onClose(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.onEnd(this.#ending(signal ?? `exit code ${code}`));
  }

  #ending(crash: string): Ending {
    if (this.#unusable !== undefined) return { unusable: this.#unusable };
    if (this.#silent) return "silent";
    if (this.#lastWords.startsWith("memory")) return "memory";
    if (this.#lastWords.startsWith("time")) return "time";
    if (!this.#ready) return { unusable: new Error(`the plugin ended its process while it was loaded (${crash})`) };
    return { crash };
  }
}
