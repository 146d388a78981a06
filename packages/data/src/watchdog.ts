/**
 * A thread inside a plugin's process that ends the process when it needs too much memory, when a task takes too much processor
 * time, or when the parent is gone. In the process, not in the parent: it sees memory and time on every system, and it runs
 * while the main thread hangs. Processor time, not the clock: on a busy machine a good file must not be given up.
 * Loaded by plugin-child.ts, never imported.
 */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { type LastWords, lastWordsFd } from "./plugin-tasks.ts";
import { progressOf, type WatchdogData } from "./watchdog-data.ts";

const everyMs = 25;
const { memoryLimit, parent, shared } = workerData as WatchdogData;
const progress = progressOf(shared);
let ticks = -1;
let startedAt = 0;

function end(words: LastWords | undefined): void {
  try {
    if (words !== undefined) writeSync(lastWordsFd, words);
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

setInterval(() => {
  if (process.ppid !== parent) return end(undefined);
  if (process.memoryUsage.rss() > memoryLimit) return end("memory");
  const now = progress.ticks;
  if (progress.open === 0 || now !== ticks) {
    ticks = now;
    startedAt = processorMs();
  } else if (processorMs() - startedAt > progress.limitMs) {
    end("time");
  }
}, everyMs);
