/**
 * Decodes many items: in processes of the plugin's own where it names its module, else in the calling one. Bounded: a few items
 * are under way at a time, and results are handed over as they come. Order is not kept.
 */
import type { Dataset, DatasetItem } from "@lejepa/contracts";
import { abortOf } from "./abort.ts";
import { createDatasetContext } from "./dataset-context.ts";
import { decodeItem, type Decoded, type DecodeJob } from "./decode-items.ts";
import { fileSize } from "./file-bytes.ts";
import type { Job, PluginPool } from "./plugin-pool.ts";
import { receivedError } from "./sent-error.ts";

/** What `decodeAll` needs besides the items. */
export interface DecodeAllOptions {
  readonly plugin: Dataset;
  readonly job: DecodeJob;
  /** The plugin's processes, and how many there may be; without them it decodes in the calling one. */
  readonly pool: PluginPool | undefined;
  readonly processes: number;
  readonly signal?: AbortSignal | undefined;
  log(line: string): void;
  /** Called once for each item. */
  onResult(position: number, result: Decoded): void;
}

// so much pixel data and so many items lie ready in a process
const windowBytes = 4 << 20;
const windowItems = 24;
// of a plugin in the calling process
const lanes = 3;

/** Decodes the items at the given positions. Rejects when aborted or without a plugin; never for a bad file. */
export async function decodeAll(
  items: readonly DatasetItem[],
  positions: readonly number[],
  options: DecodeAllOptions,
): Promise<void> {
  if (positions.length === 0) return;
  options.signal?.throwIfAborted();
  const { pool } = options;
  await (pool === undefined
    ? decodeHere(items, positions, options)
    : decodeInProcesses(items, positions, { ...options, pool }));
}

async function decodeHere(
  items: readonly DatasetItem[],
  positions: readonly number[],
  { plugin, job, signal, log, onResult }: DecodeAllOptions,
): Promise<void> {
  const context = { ...job, ...createDatasetContext(job.cacheDir, { signal, log }) };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < positions.length) {
      const position = positions[next++] as number;
      const decoded = await decodeItem(plugin, items[position] as DatasetItem, context);
      signal?.throwIfAborted();
      onResult(position, decoded);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function decodeInProcesses(
  items: readonly DatasetItem[],
  positions: readonly number[],
  { pool, processes, job, signal, onResult }: DecodeAllOptions & { readonly pool: PluginPool },
): Promise<void> {
  const { options, target } = job;
  const rowBytes = target.size ** 2 * target.channels;
  const fairShare = Math.ceil(positions.length / processes / 4);
  const window = Math.max(1, Math.min(windowItems, Math.floor(windowBytes / rowBytes), fairShare));
  pool.window = window;
  const done = new Promise<void>((resolve, reject) => {
    let next = 0;
    let open = 0;
    const settle = (position: number, result: Decoded): void => {
      open -= 1;
      try {
        onResult(position, result);
        if (next === positions.length && open === 0) resolve();
        else fill();
      } catch (error) {
        reject(error as Error);
      }
    };
    const fill = (): void => {
      while (next < positions.length && open < 2 * window * processes) {
        const position = positions[next++] as number;
        open += 1;
        const item = items[position] as DatasetItem;
        const settleThis = (result: Decoded): void => settle(position, result);
        pool.add(decodeJob(item, { kind: "decode", items: [item], options, target }, settleThis));
      }
    };
    fill();
  });
  const abort = abortOf(signal);
  try {
    await Promise.race([done, pool.failure, abort.promise]);
  } finally {
    abort.release();
  }
}

function decodeJob({ source }: DatasetItem, task: Job["task"], settle: (result: Decoded) => void): Job {
  return {
    task,
    bytes: fileSize(source.path),
    onResult(result) {
      if ("decoded" in result) settle(result.decoded);
      else settle({ reason: "error" in result ? receivedError(result.error).message : "gave something else" });
    },
    onDeath: (reason) => settle({ reason }),
  };
}
