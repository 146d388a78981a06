/**
 * Entry of a plugin's process: loads the plugin, does what it is told and answers. Whatever a file does to it (abort, hang,
 * too much memory) happens here and not in the run. Started by plugin-process.ts, never imported.
 */
import { Worker } from "node:worker_threads";
import type { Dataset, DatasetContext, DatasetItem } from "@lejepa/contracts";
import { createDatasetContext } from "./dataset-context.ts";
import { decodeItem } from "./decode-items.ts";
import { loadPlugin } from "./load-plugin.ts";
import type { FromChild, PluginSetup, PluginTask, TaskResult, ToChild } from "./plugin-tasks.ts";
import { sendableError } from "./sent-error.ts";
import { type Progress, progressOf, type WatchdogData } from "./watchdog-data.ts";
import { workerUrl } from "./worker-url.ts";

// native decoders work outside the JavaScript thread: the next file is on its way while one is checked
const lanes = 3;
// results wait so long for company: a message costs more than a small image
const gatherMs = 4;
const gatherBytes = 1 << 20;
const heartbeatMs = 250;

interface QueuedItem {
  readonly number: number;
  readonly item: DatasetItem;
  readonly task: PluginTask & { readonly kind: "decode" };
}

const stopped = new AbortController();
const queue: QueuedItem[] = [];
let gathered: [number, TaskResult][] = [];
let gatheredBytes = 0;
let flushTimer: NodeJS.Timeout | undefined;
let busyLanes = 0;
let atStart = 0;
let progress: Progress | undefined;

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

interface Loaded {
  readonly plugin: Dataset;
  readonly context: DatasetContext;
}

async function start(setup: PluginSetup): Promise<Loaded> {
  const plugin = await loadPlugin(setup.module, setup.id);
  const log = (line: string): void => send({ kind: "log", line });
  const context = createDatasetContext(setup.cacheDir, { signal: stopped.signal, log });
  atStart = process.memoryUsage.rss();
  const shared = new SharedArrayBuffer(12);
  progress = progressOf(shared);
  const workerData: WatchdogData = { memoryLimit: atStart + setup.memoryBytes, parent: process.ppid, shared };
  new Worker(new URL(workerUrl("watchdog")), { workerData, execArgv: [], name: "watchdog" }).unref();
  send({ kind: "ready" });
  return { plugin, context };
}

function take({ plugin, context }: Loaded, { number, limitMs, task }: ToChild & { kind: "task" }): void {
  if (task.kind === "decode") {
    progress?.add(task.items.length, limitMs);
    for (const [i, item] of task.items.entries()) queue.push({ number: number + i, item, task });
    while (busyLanes < lanes && queue.length > 0) void drain(plugin, context);
    return;
  }
  progress?.add(1, limitMs);
  // listing many files takes long, but never blocks for long
  const beat = task.kind === "index" ? setInterval(() => progress?.tick(), heartbeatMs) : undefined;
  void (async () => {
    const result = await run(plugin, context, task).catch((error: unknown) => ({ error: sendableError(error) }));
    clearInterval(beat);
    answer(number, result, 0);
    flush();
  })();
}

async function run(
  plugin: Dataset,
  context: DatasetContext,
  task: Exclude<PluginTask, { kind: "decode" }>,
): Promise<TaskResult> {
  if (task.kind === "index") return { index: await plugin.index(task.options, context) };
  if (plugin.inspect === undefined) throw new TypeError(`the dataset ${plugin.id} does not inspect files`);
  return { inspection: await plugin.inspect(task.path, task.request, context) };
}

async function drain(plugin: Dataset, context: DatasetContext): Promise<void> {
  busyLanes += 1;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { options, target } = next.task;
    const decoded = await decodeItem(plugin, next.item, { ...context, options, target });
    answer(next.number, { decoded }, "reason" in decoded ? 0 : decoded.pixels.byteLength);
  }
  busyLanes -= 1;
  if (busyLanes === 0) flush();
}

function answer(number: number, result: TaskResult, bytes: number): void {
  progress?.finish();
  gathered.push([number, result]);
  gatheredBytes += bytes;
  if (gatheredBytes >= gatherBytes) flush();
  else flushTimer ??= setTimeout(flush, gatherMs);
}

function flush(): void {
  clearTimeout(flushTimer);
  flushTimer = undefined;
  if (gathered.length === 0) return;
  send({ kind: "results", results: gathered, grown: process.memoryUsage.rss() - atStart });
  gathered = [];
  gatheredBytes = 0;
}

let loading: Promise<Loaded> | undefined;

process.on("message", (message: ToChild) => {
  if (message.kind === "setup") {
    loading = start(message.setup);
    loading.catch((error: unknown) => send({ kind: "unusable", error: sendableError(error) }));
  } else if (message.kind === "stop") {
    stopped.abort();
  } else {
    // a task may come while the plugin is still loading; one that cannot be loaded has been reported
    loading?.then(
      (loaded) => take(loaded, message),
      () => {},
    );
  }
});
// the parent is gone
process.on("disconnect", () => process.exit(0));
// a stray promise of a plugin ends the process like any other crash, without words (they may quote a header)
process.on("unhandledRejection", () => process.exit(70));
process.on("uncaughtException", () => process.exit(70));
