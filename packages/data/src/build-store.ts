/**
 * From a dataset plugin to an open store: list the items, find the cache that belongs to them, decode what is missing.
 * Decoded once: a second call with unchanged files and options only lists and opens; a changed dataset, or a build that was
 * cut off, takes what it can from earlier ones.
 */
import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import {
  isLejepaError,
  LejepaError,
  type BoundDataset,
  type Dataset,
  type DatasetIndex,
  type DatasetItem,
  type DecodeTarget,
} from "@lejepa/contracts";
import { decodeAll } from "./decode-pool.ts";
import { fingerprintItems, formKey, hashList, type Fingerprint } from "./fingerprint.ts";
import { type ItemList, listIn } from "./list-items.ts";
import { openStore } from "./open-store.ts";
import { defaultLimits, openPool, type PluginLimits, type PluginPool } from "./plugin-pool.ts";
import { createUnfinished, publish, release } from "./publish.ts";
import { copyKnownRows } from "./reuse-rows.ts";
import { createStoreWriter, type StoreWriter } from "./store-writer.ts";
import { readStoredIndex } from "./stored-index.ts";
import type { BuildProgress, DecodeFailure, ImageStore } from "./types.ts";

/** How to store the images; `size`, `channels`, `cacheDir` and `workers` are the `data` section of a config. */
export interface BuildStoreOptions {
  /** Width and height of the stored images, pixels. */
  readonly size: number;
  /** Channels of the stored images; `null` or absent: as many as the dataset names, else 3. */
  readonly channels?: number | null;
  /** Made when absent. Safe to share between processes and to delete. */
  readonly cacheDir: string;
  /** Decoding processes; `null` or absent: one for each core. */
  readonly workers?: number | null;
  /** What decoding one item may take. */
  readonly limits?: PluginLimits;
  /** What the index gave, when it is known, or a part of it; else the plugin is asked. */
  readonly listing?: DatasetIndex;
  readonly signal?: AbortSignal;
  /** What the plugin has to say. */
  readonly log?: (line: string) => void;
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Decodes a dataset into the cache, or finds it there, and opens it.
 *
 * Files that do not decode are left out and listed in `store.failures`; that is an error only when none decodes.
 * Failed, it leaves the cache as it was; interrupted or killed, what is decoded, for the next call to go on from.
 *
 * @throws LejepaError E_DATA without items or when none decodes; E_DATASET_OPTIONS from the plugin; E_ABORTED;
 *   E_IO when the cache cannot be written; E_USAGE when the dataset's plugin is not loaded
 */
export async function buildStore(dataset: BoundDataset, options: BuildStoreOptions): Promise<ImageStore> {
  try {
    return await build(requirePlugin(dataset), dataset.options, { ...options, cacheDir: resolve(options.cacheDir) });
  } catch (error) {
    throw explain(error, options);
  }
}

async function build(plugin: Dataset, pluginOptions: unknown, options: BuildStoreOptions): Promise<ImageStore> {
  const { size, cacheDir, signal, limits = defaultLimits, log = () => {} } = options;
  mkdirSync(cacheDir, { recursive: true });
  const processes = Math.max(1, options.workers ?? availableParallelism());
  const pool = openPool(plugin, { cacheDir, processes, limits, log });
  try {
    const listed = options.listing ?? (await listIn(pool, plugin, pluginOptions, options));
    const target: DecodeTarget = { size, channels: channelsOf(plugin, listed.channels, options.channels ?? null) };
    const found = await withFingerprints(listed.items, signal);
    const family = join(cacheDir, `${plugin.id}-${formKey(plugin, pluginOptions, target)}`);
    const folder = join(family, hashList(found.fingerprints).slice(0, 16));
    if (readStoredIndex(folder) === undefined) {
      await decodeInto({ folder, family, ...found }, { plugin, pluginOptions, target, pool, processes, ...options });
    }
    const { channels: channelNames, range, skipped = [], warnings = [] } = listed;
    return openStore(folder, { items: found.items, skipped, warnings, failures: found.missing, channelNames, range });
  } finally {
    await pool?.close();
  }
}

function channelsOf({ id }: Dataset, names: readonly string[] | undefined, wanted: number | null): number {
  if (names === undefined || wanted === null || wanted === names.length) return wanted ?? names?.length ?? 3;
  throw new LejepaError({
    code: "E_CONFIG",
    where: "data.channels",
    expected: `${names.length} for the dataset ${id} (${names.join(", ")})`,
    got: String(wanted),
    hint: "Leave it out (null), or choose other channels in the dataset's options.",
  });
}

interface Found {
  readonly items: readonly DatasetItem[];
  readonly fingerprints: readonly string[];
  readonly missing: readonly DecodeFailure[];
}

async function withFingerprints(listed: ItemList["items"], signal: AbortSignal | undefined): Promise<Found> {
  const all = await fingerprintItems(listed, signal);
  const items: DatasetItem[] = [];
  const fingerprints: string[] = [];
  const missing: DecodeFailure[] = [];
  for (const [i, item] of listed.entries()) {
    const result = all[i] as Fingerprint;
    if ("reason" in result) {
      missing.push({ id: item.id, reason: result.reason });
    } else {
      items.push(item);
      fingerprints.push(result.fingerprint);
    }
  }
  return { items, fingerprints, missing };
}

interface DecodePlan extends Found {
  readonly folder: string;
  /** Parent of `folder`: caches of the same dataset, options and target. */
  readonly family: string;
}

interface DecodeOptions extends BuildStoreOptions {
  readonly plugin: Dataset;
  readonly pluginOptions: unknown;
  readonly target: DecodeTarget;
  readonly pool: PluginPool | undefined;
  readonly processes: number;
}

async function decodeInto(plan: DecodePlan, options: DecodeOptions): Promise<void> {
  const { plugin, target, signal } = options;
  const unfinished = createUnfinished(plan.folder);
  const items = plan.items.map(({ id }, i) => ({ id, fingerprint: plan.fingerprints[i] as string }));
  const writer = createStoreWriter(unfinished, { dataset: plugin.id, items, target });
  try {
    await fill(writer, plan, options);
    const failures = writer.finish();
    if (writer.written === 0) throw nothingDecoded(plugin, [...plan.missing, ...failures]);
    writer.close();
    publish(unfinished, plan.folder, (folder) => readStoredIndex(folder) !== undefined);
  } catch (error) {
    writer.close();
    // stopped by the user: the next build takes over what is there
    if (signal?.aborted && writer.written > 0) release(unfinished);
    else rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function fill(
  writer: StoreWriter,
  { items, fingerprints, family }: DecodePlan,
  options: DecodeOptions,
): Promise<void> {
  const { plugin, pluginOptions, target, cacheDir, signal, onProgress } = options;
  const rowPixels = target.size ** 2;
  const rowElements = rowPixels * target.channels;
  const known = copyKnownRows(writer, { family, fingerprints, rowElements, rowPixels, signal });
  const positions = items.flatMap((_, position) => (known.has(position) ? [] : [position]));
  const count = { done: known.size, failed: 0 };
  const report = (): void => onProgress?.({ phase: "decode", ...count, total: items.length, reused: known.size });
  report();
  await decodeAll(items, positions, {
    plugin,
    job: { options: pluginOptions, target, cacheDir },
    pool: options.pool,
    processes: options.processes,
    signal,
    log: options.log ?? (() => {}),
    onResult(position, result) {
      count.done += 1;
      if ("reason" in result) {
        count.failed += 1;
        writer.fail(position, result.reason);
      } else if (writer.dtype !== undefined && result.dtype !== writer.dtype) {
        count.failed += 1;
        writer.fail(position, `is ${result.dtype} while others are ${writer.dtype}`);
      } else {
        writer.write(position, result);
      }
      report();
    },
  });
}

function requirePlugin({ id, plugin }: BoundDataset): Dataset {
  if (plugin !== undefined) return plugin;
  throw new LejepaError({
    code: "E_USAGE",
    where: `dataset ${id}`,
    expected: "a loaded plugin",
    got: "only its id",
    hint: `Import @lejepa/dataset-${id} and bind it with bindDataset.`,
  });
}

function nothingDecoded({ id }: Dataset, failures: readonly DecodeFailure[]): LejepaError {
  const examples = failures.slice(0, 3).map((failure) => `${failure.id}: ${failure.reason}`);
  return new LejepaError({
    code: "E_DATA",
    where: `dataset ${id}`,
    expected: "at least one readable image",
    got: `${failures.length} unreadable`,
    hint: `For example ${examples.join("; ")}.`,
  });
}

function explain(error: unknown, { signal, cacheDir }: BuildStoreOptions): unknown {
  if (isLejepaError(error)) return error;
  if (signal?.aborted) {
    return new LejepaError({
      code: "E_ABORTED",
      where: "reading the dataset",
      problem: "stopped on request",
      cause: error,
    });
  }
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = hints[code ?? ""];
  if (hint === undefined) return error;
  return new LejepaError({
    code: "E_IO",
    where: cacheDir,
    problem: `cannot keep decoded images: ${message}`,
    hint,
    cause: error,
  });
}

const hints: Readonly<Record<string, string>> = {
  ENOSPC: "Free some space or choose another data.cacheDir.",
  EACCES: "Choose a data.cacheDir that you may write.",
  EPERM: "Choose a data.cacheDir that you may write.",
  EROFS: "Choose a data.cacheDir that you may write.",
  ENOTDIR: "Choose a data.cacheDir that is a folder.",
  EEXIST: "Choose a data.cacheDir that is a folder.",
};
