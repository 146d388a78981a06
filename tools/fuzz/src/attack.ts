// Decodes a folder of damaged files as a run would, and inspects each: what became of every one.
import { join } from "node:path";
import { bindDataset, type Dataset, type Inspection, isLejepaError } from "@lejepa/contracts";
import { buildStore, createInspector, type ImageStore, type PluginLimits } from "@lejepa/data";

/** What became of a file: decoded, refused in words, ended by a limit, its process crashed, left out, or against the rules. */
export const outcomes = ["ok", "refused", "time", "memory", "crashed", "not listed", "WRONG"] as const;

/** One of `outcomes`. */
export type Outcome = (typeof outcomes)[number];

/** What became of one file, and in words. */
export interface Fate {
  readonly outcome: Outcome;
  readonly words: string;
}

/** Who is attacked. */
export interface Target {
  readonly plugin: Dataset;
  /** Options besides the path. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly limits: PluginLimits;
  readonly cacheDir: string;
}

const ok: Fate = { outcome: "ok", words: "" };

/**
 * Decodes all files of a folder with the store's own pool.
 *
 * @param files names in `folder`; at least one of them decodes
 */
export async function decodeFolder(
  { plugin, options, limits, cacheDir }: Target,
  folder: string,
  files: readonly string[],
): Promise<Fate[]> {
  let store: ImageStore;
  try {
    const dataset = bindDataset(plugin, { ...options, path: folder });
    store = await buildStore(dataset, { size: 32, cacheDir, workers: 2, limits });
  } catch (error) {
    // a whole set that is lost to one file
    return files.map(() => ({ outcome: "WRONG", words: `the set: ${(error as Error).message}` }));
  }
  store.close();
  const stored = new Set(store.items.map(({ source }) => source.path));
  const reasons = new Map(store.failures.map(({ id, reason }) => [id, reason]));
  return files.map((name): Fate => {
    const path = join(folder, name);
    // an id is a path below the folder, perhaps with a frame or a window after it
    const failed = [...reasons].find(([id]) => id === name || id.startsWith(name));
    if (failed !== undefined) return fateOf(failed[1], folder);
    return stored.has(path) ? ok : { outcome: "not listed", words: "" };
  });
}

function fateOf(words: string, folder: string): Fate {
  if (words.includes(folder)) return { outcome: "WRONG", words: `names the folder: ${words}` };
  if (words === "") return { outcome: "WRONG", words: "fails without a reason" };
  if (/took longer than/.test(words)) return { outcome: "time", words };
  if (/needed more than \d+ MB/.test(words)) return { outcome: "memory", words };
  if (/the decoder crashed/.test(words)) return { outcome: "crashed", words };
  return { outcome: "refused", words };
}

/** Inspects the files of a folder; empty when the plugin inspects none. */
export async function inspectFolder(
  { plugin, options, limits, cacheDir }: Target,
  folder: string,
  files: readonly string[],
): Promise<Fate[]> {
  if (plugin.inspect === undefined) return [];
  const parsed = plugin.options.parse({ ...options, path: folder });
  const inspector = createInspector(plugin, { cacheDir, limits });
  const fates: Fate[] = [];
  try {
    for (const [i, name] of files.entries()) {
      const stage = (["stored", "values", "display"] as const)[i % 3] as "stored";
      try {
        const inspection = await inspector.inspect(join(folder, name), { stage, options: parsed });
        fates.push(checkInspection(inspection));
      } catch (error) {
        const { message } = error as Error;
        fates.push(isLejepaError(error) || error instanceof Error ? fateOf(message, folder) : untyped(error));
      }
    }
  } finally {
    await inspector.close();
  }
  return fates;
}

function untyped(error: unknown): Fate {
  return { outcome: "WRONG", words: `throws a ${typeof error}` };
}

function checkInspection({ shape, axes, data, mask }: Inspection): Fate {
  const values = shape.reduce((product, size) => product * size, 1);
  if (values !== data.length) return { outcome: "WRONG", words: `${shape.join(" x ")} holds ${data.length} values` };
  if (axes.length !== shape.length) return { outcome: "WRONG", words: `${axes.length} names for ${shape.length} axes` };
  if (mask !== undefined && mask.length !== data.length)
    return { outcome: "WRONG", words: `a mask of ${mask.length} for ${data.length} values` };
  return ok;
}
