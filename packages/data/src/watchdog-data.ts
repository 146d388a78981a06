/**
 * What the main thread of a plugin's process and its watchdog share. Nothing runs here.
 */

/** What the watchdog is started with. */
export interface WatchdogData {
  /** Largest resident memory, bytes. */
  readonly memoryLimit: number;
  /** Id of the parent process. */
  readonly parent: number;
  readonly shared: SharedArrayBuffer;
}

/** How the work goes on: written by the main thread, read by the watchdog. */
export interface Progress {
  /** Tasks begun and not finished. */
  readonly open: number;
  /** Changes whenever a task is begun on an idle thread, ticks or finishes. */
  readonly ticks: number;
  /** Processor time that may pass between two ticks, milliseconds. */
  readonly limitMs: number;
  add(tasks: number, limitMs: number): void;
  tick(): void;
  finish(): void;
}

/** The view of twelve shared bytes. */
export function progressOf(shared: SharedArrayBuffer): Progress {
  const state = new Int32Array(shared);
  return {
    get open() {
      return Atomics.load(state, 0);
    },
    get ticks() {
      return Atomics.load(state, 1);
    },
    get limitMs() {
      return Atomics.load(state, 2);
    },
    add(tasks, limitMs) {
      const idle = Atomics.add(state, 0, tasks) === 0;
      Atomics.store(state, 2, idle ? limitMs : Math.max(limitMs, Atomics.load(state, 2)));
      if (idle) Atomics.add(state, 1, 1);
    },
    tick() {
      Atomics.add(state, 1, 1);
    },
    finish() {
      Atomics.sub(state, 0, 1);
      Atomics.add(state, 1, 1);
    },
  };
}
