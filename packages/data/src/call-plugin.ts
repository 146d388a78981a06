/**
 * Single calls of a plugin on files that nobody vouches for: `index` and `inspect`, in a process of their own where the plugin
 * names its module. Decoding of many items is decode-pool.ts.
 */
import {
  type Dataset,
  type DatasetContext,
  type DatasetIndex,
  type Inspection,
  type InspectRequest,
  LejepaError,
} from "@lejepa/contracts";
import { abortOf } from "./abort.ts";
import { createDatasetContext } from "./dataset-context.ts";
import { fileSize } from "./file-bytes.ts";
import { defaultLimits, type Job, openPool, type PluginLimits, type PluginPool } from "./plugin-pool.ts";
import type { TaskResult } from "./plugin-tasks.ts";
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
 * The plugin's index, in a process of the pool; in the calling process without a pool.
 *
 * @throws whatever the plugin throws; LejepaError E_DATA when it crashes, hangs or needs too much memory
 */
export async function indexPlugin(
  plugin: Dataset,
  options: unknown,
  { pool, ...call }: CallOptions & { readonly pool: PluginPool | undefined },
): Promise<DatasetIndex> {
  if (pool === undefined) return plugin.index(options, contextOf(call));
  try {
    const task = { kind: "index", options } as const;
    const result = await runIn(pool, { task, bytes: 0, seconds: indexSeconds }, { ...call, id: plugin.id });
    if ("index" in result) return result.index;
    throw unexpected(plugin, result);
  } catch (error) {
    // it may be in the middle of a download
    if (call.signal?.aborted) await pool.close({ politely: true });
    throw error;
  }
}

/** Calls `inspect` for one file after another; close it when done. */
export interface Inspector {
  /** @throws whatever the plugin throws; LejepaError E_DATA when it crashes, hangs or needs too much memory */
  inspect(path: string, request: InspectRequest): Promise<Inspection>;
  close(): Promise<void>;
}

/** Opens a plugin to inspect files with, in one process that lasts; in the calling process where it names no module. */
export function createInspector(plugin: Dataset, call: CallOptions): Inspector {
  const { cacheDir, limits = defaultLimits, log = () => {} } = call;
  const pool = openPool(plugin, { cacheDir, processes: 1, limits, log });
  return {
    async inspect(path, request) {
      if (pool === undefined) return inspectHere(plugin, path, request, call);
      const bytes = fileSize(path);
      const task = { kind: "inspect", path, request } as const;
      const result = await runIn(pool, { task, bytes }, { ...call, id: plugin.id });
      if ("inspection" in result) return result.inspection;
      throw unexpected(plugin, result);
    },
    close: async () => pool?.close(),
  };
}

async function inspectHere(
  plugin: Dataset,
  path: string,
  request: InspectRequest,
  call: CallOptions,
): Promise<Inspection> {
  if (plugin.inspect === undefined) throw new TypeError(`the dataset ${plugin.id} does not inspect files`);
  return plugin.inspect(path, request, contextOf(call));
}

function contextOf({ cacheDir, signal, log = () => {} }: CallOptions): DatasetContext {
  return createDatasetContext(cacheDir, { signal, log });
}

async function runIn(
  pool: PluginPool,
  job: Pick<Job, "task" | "bytes" | "seconds">,
  { id, signal }: Pick<CallOptions, "signal"> & { readonly id: string },
): Promise<TaskResult> {
  signal?.throwIfAborted();
  const done = new Promise<TaskResult>((resolve, reject) => {
    pool.add({
      ...job,
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
  return "error" in result ? receivedError(result.error) : new TypeError(`dataset ${id}: not what was asked for`);
}
