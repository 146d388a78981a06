/**
 * Single calls of a plugin on files that nobody vouches for: `index` and `inspect`, in a process of their own where the plugin
 * names its module. Decoding of many items is decode-pool.ts.
 */
import {
  type Dataset,
  type DatasetIndex,
  type Inspection,
  type InspectRequest,
  LejepaError,
} from "@lejepa/contracts";
import { statSync } from "node:fs";
import { createDatasetContext } from "./dataset-context.ts";
import { abortOf } from "./abort.ts";
import { defaultLimits, type PluginLimits, PluginPool } from "./plugin-pool.ts";
import type { PluginTask, TaskResult } from "./plugin-tasks.ts";
import { receivedError } from "./sent-error.ts";

/** What a call needs besides its arguments. */
export interface CallOptions {
  readonly cacheDir: string;
  readonly limits?: PluginLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

// of an index that blocks its thread: between two heartbeats
const indexSeconds = 20;

/**
 * The plugin's index.
 *
 * @throws whatever the plugin throws; LejepaError E_DATA when it crashes, hangs or needs too much memory
 */
export async function indexPlugin(plugin: Dataset, options: unknown, call: CallOptions): Promise<DatasetIndex> {
  if (plugin.module === undefined) return plugin.index(options, contextOf(call));
  const limits = { ...(call.limits ?? defaultLimits), seconds: indexSeconds };
  const result = await callIn(plugin, { kind: "index", options }, { ...call, limits, bytes: 0, module: plugin.module });
  if ("index" in result) return result.index;
  throw unexpected(plugin, result);
}

/** Calls `inspect` for one file after another; close it when done. */
export interface Inspector {
  /** @throws whatever the plugin throws; LejepaError E_DATA when it crashes, hangs or needs too much memory */
  inspect(path: string, request: InspectRequest): Promise<Inspection>;
  close(): Promise<void>;
}

/** Opens a plugin to inspect files with, in one process that lasts. */
export function createInspector(plugin: Dataset, call: CallOptions): Inspector {
  const { module, id } = plugin;
  if (module === undefined) return { inspect: (path, request) => inspectHere(plugin, path, request, call), close: async () => {} };
  const pool = poolFor(id, module, call);
  return {
    async inspect(path, request) {
      const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const result = await runIn(pool, { kind: "inspect", path, request }, { ...call, id, bytes });
      if ("inspection" in result) return result.inspection;
      throw unexpected(plugin, result);
    },
    close: () => pool.close(),
  };
}

async function inspectHere(plugin: Dataset, path: string, request: InspectRequest, call: CallOptions): Promise<Inspection> {
  if (plugin.inspect === undefined) throw new TypeError(`the dataset ${plugin.id} does not inspect files`);
  return plugin.inspect(path, request, contextOf(call));
}

function contextOf({ cacheDir, signal, log = () => {} }: CallOptions): ReturnType<typeof createDatasetContext> {
  return createDatasetContext(cacheDir, { signal, log });
}

function poolFor(id: string, module: string, { cacheDir, limits = defaultLimits, log = () => {} }: CallOptions): PluginPool {
  return new PluginPool({ module, id, cacheDir, processes: 1, window: 1, limits, log });
}

async function callIn(
  { id }: Dataset,
  task: PluginTask,
  call: CallOptions & { readonly module: string; readonly bytes: number },
): Promise<TaskResult> {
  const pool = poolFor(id, call.module, call);
  try {
    return await runIn(pool, task, { ...call, id });
  } finally {
    // a download in the middle of a write
    await pool.close({ politely: call.signal?.aborted ?? false });
  }
}

async function runIn(
  pool: PluginPool,
  task: PluginTask,
  { id, bytes, signal }: Pick<CallOptions, "signal"> & { readonly id: string; readonly bytes: number },
): Promise<TaskResult> {
  signal?.throwIfAborted();
  const done = new Promise<TaskResult>((resolve, reject) => {
    pool.add({
      task,
      bytes,
      onResult: resolve,
      onDeath: (problem) => reject(new LejepaError({ code: "E_DATA", where: `dataset ${id}`, problem })),
    });
  });
  const abort = abortOf(signal);
  try {
    return await Promise.race([done, pool.failure, abort.promise]);
  } finally {
    abort.release();
  }
}

function unexpected({ id }: Dataset, result: TaskResult): Error {
  return "error" in result ? receivedError(result.error) : new TypeError(`dataset ${id}: the process gave something else`);
}
