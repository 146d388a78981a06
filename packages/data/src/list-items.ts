/**
 * Asks a plugin for its items and checks what it says.
 */
import { LejepaError, type Dataset, type DatasetIndex, type Skipped } from "@lejepa/contracts";
import { indexPlugin } from "./call-plugin.ts";
import { defaultLimits, openPool, type PluginLimits, type PluginPool } from "./plugin-pool.ts";
import type { BuildProgress } from "./types.ts";

/** What a plugin says of a dataset: the items, in its order, and what it left out. */
export type ItemList = DatasetIndex & Required<Pick<DatasetIndex, "skipped" | "warnings">>;

interface ListOptions {
  readonly cacheDir: string;
  readonly limits?: PluginLimits;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Lists the items of a dataset without decoding any, in a process of the plugin's own.
 *
 * @throws LejepaError E_DATA when there is none or two have one id; whatever the plugin throws
 */
export async function listItems(plugin: Dataset, options: unknown, list: ListOptions): Promise<ItemList> {
  const { cacheDir, limits = defaultLimits, log = () => {} } = list;
  const pool = openPool(plugin, { cacheDir, processes: 1, limits, log });
  try {
    return await listIn(pool, plugin, options, list);
  } finally {
    await pool?.close();
  }
}

/** As `listItems`, in a process of the given pool. */
export async function listIn(
  pool: PluginPool | undefined,
  plugin: Dataset,
  options: unknown,
  { onProgress, ...call }: ListOptions,
): Promise<ItemList> {
  onProgress?.({ phase: "index", done: 0, total: 0, failed: 0, reused: 0 });
  const index = await indexPlugin(plugin, options, { ...call, pool });
  const { items, skipped = [], warnings = [] } = index;
  call.signal?.throwIfAborted();
  onProgress?.({ phase: "index", done: items.length, total: items.length, failed: 0, reused: 0 });
  if (items.length === 0) throw noItems(plugin, skipped);
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id)) {
      throw new LejepaError({
        code: "E_DATA",
        where: `dataset ${plugin.id}`,
        expected: "every item once",
        got: `${JSON.stringify(id)} twice`,
      });
    }
    seen.add(id);
  }
  return { ...index, skipped, warnings };
}

function noItems({ id }: Dataset, skipped: readonly Skipped[]): LejepaError {
  const left = skipped.map(({ count, reason }) => `${count} ${reason}`).join(", ");
  return new LejepaError({
    code: "E_DATA",
    where: `dataset ${id}`,
    expected: "at least one image",
    got: left === "" ? "none" : `none (${left})`,
  });
}
