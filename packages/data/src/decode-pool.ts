/**
 * Runs `decodeItems` on many items: in worker threads where the plugin names its module, else on the calling thread.
 * Bounded: a few chunks are under way at a time, and results are handed over as they come. Order is not kept.
 */
import { availableParallelism } from "node:os";
import type { Dataset, DatasetItem } from "@lejepa/contracts";
import { Piscina } from "piscina";
import { decodeItems, oneLine, type Decoded, type DecodedItems, type DecodeJob } from "./decode-items.ts";
import type { DecodeWorkerData } from "./decode-worker.ts";
import { workerUrl } from "./worker-url.ts";

/** What `decodeAll` needs besides the items. */
export interface DecodeAllOptions {
  readonly plugin: Dataset;
  readonly job: DecodeJob;
  /** Threads; `null`: one for each core. */
  readonly workers: number | null;
  readonly signal?: AbortSignal | undefined;
  log(line: string): void;
  /** Called once for each item. */
  onResult(position: number, result: Decoded): void;
}

// about this much pixel data in a chunk, so that messages are few and memory is small
const chunkBytes = 2 << 20;
const chunkItems = 32;

/** Decodes the items at the given positions. Rejects when aborted; never for a bad file. */
export async function decodeAll(
  items: readonly DatasetItem[],
  positions: readonly number[],
  options: DecodeAllOptions,
): Promise<void> {
  const { plugin, job, signal } = options;
  const rowBytes = job.target.size ** 2 * job.target.channels;
  const threads = Math.max(1, options.workers ?? availableParallelism());
  const fairShare = Math.ceil(positions.length / threads / 4);
  const size = Math.max(1, Math.min(chunkItems, Math.floor(chunkBytes / rowBytes), fairShare));
  const runner =
    plugin.module === undefined
      ? inProcess(plugin, job)
      : inThreads({ plugin, module: plugin.module, job, threads, signal });
  const lanes = plugin.module === undefined ? 1 : threads * 2;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < positions.length) {
      signal?.throwIfAborted();
      const chunk = positions.slice(next, next + size);
      next += size;
      await decodeChunk(items, chunk, { ...options, run: runner.run });
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    await runner.close();
  }
}

type Run = (items: readonly DatasetItem[]) => Promise<DecodedItems>;

async function decodeChunk(
  items: readonly DatasetItem[],
  chunk: readonly number[],
  options: DecodeAllOptions & { readonly run: Run },
): Promise<void> {
  const { results, logs } = await runOrIsolate(
    chunk.map((position) => items[position] as DatasetItem),
    options,
  );
  for (const line of logs) options.log(line);
  for (const [i, position] of chunk.entries()) options.onResult(position, results[i] as Decoded);
}

// a chunk that takes its thread down (out of memory, a native crash that Node survives) is tried again item by item
async function runOrIsolate(
  items: readonly DatasetItem[],
  options: { readonly run: Run; readonly signal?: AbortSignal | undefined },
): Promise<DecodedItems> {
  try {
    return await options.run(items);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isSetupError(error)) throw error;
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      return { results: [{ reason: `the decoder stopped: ${oneLine(error, only.source.path)}` }], logs: [] };
    }
    const parts: DecodedItems[] = [];
    for (const item of items) parts.push(await runOrIsolate([item], options));
    return { results: parts.flatMap((part) => part.results), logs: parts.flatMap((part) => part.logs) };
  }
}

// the plugin itself could not be loaded: no use in trying item by item
function isSetupError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    typeof code === "string" &&
    /^(ERR_MODULE_NOT_FOUND|ERR_UNKNOWN_FILE_EXTENSION|ERR_PACKAGE_PATH_NOT_EXPORTED|E_USAGE)$/.test(code)
  );
}

function inProcess(plugin: Dataset, job: DecodeJob): { run: Run; close: () => Promise<void> } {
  return { run: (items) => decodeItems(plugin, items, job), close: async () => {} };
}

interface ThreadOptions {
  readonly plugin: Dataset;
  readonly module: string;
  readonly job: DecodeJob;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

function inThreads({ plugin, module, job, threads, signal }: ThreadOptions): { run: Run; close: () => Promise<void> } {
  const workerData: DecodeWorkerData = { module, id: plugin.id, job };
  const pool = new Piscina<readonly DatasetItem[], DecodedItems>({
    filename: workerUrl("decode-worker"),
    name: "decode",
    minThreads: threads,
    maxThreads: threads,
    workerData,
    // flags of the calling process (a test runner's loaders) are not for the built files
    execArgv: [],
  });
  // one listener for the pool: one for each task makes Node warn of a leak
  const stop = (): void => void pool.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  return {
    run: (items) => pool.run(items),
    async close() {
      signal?.removeEventListener("abort", stop);
      await pool.destroy();
    },
  };
}
