/**
 * Reads the headers of all scenes, several at a time, from the store where nothing changed. Scenes that cannot be read, or
 * whose channels are not those of most, are left out by reason.
 */
import { LejepaError, isLejepaError, type DatasetContext } from "@lejepa/contracts";
import type { Listing, SceneFiles } from "./list-files.ts";
import type { GeotiffOptions } from "./options.ts";
import { describeScene, stampOf, type SceneFacts } from "./scene-facts.ts";
import type { Described, SceneStore } from "./scene-store.ts";
import type { SkippedList } from "./skipped-list.ts";

const atOnce = 8;

/** Runs a job for each entry of a list, `atOnce` at a time; results in order. */
export async function eachOf<T, R>(
  list: readonly T[],
  signal: AbortSignal | undefined,
  job: (entry: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = Array.from({ length: list.length });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < list.length) {
      signal?.throwIfAborted();
      const at = next++;
      results[at] = await job(list[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, lane));
  return results;
}

/**
 * The scenes that can be used.
 *
 * @throws LejepaError E_DATA when there is none, with the first reason
 */
export async function describeAll(
  { scenes }: Listing,
  { store, options, skipped }: { store: SceneStore; options: GeotiffOptions; skipped: SkippedList },
  { signal }: DatasetContext,
): Promise<SceneFacts[]> {
  const described = await eachOf(scenes, signal, async (files) => describe(files, store, options));
  const read: SceneFacts[] = [];
  for (const [i, result] of described.entries()) {
    const { id } = scenes[i] as SceneFiles;
    if ("scene" in result) read.push(result.scene);
    else skipped.add(result.reason, id);
  }
  if (read.length > 0) return withSameChannels(read, skipped);
  const [first] = described;
  throw new LejepaError({
    code: "E_DATA",
    where: `dataset geotiff: ${options.path}`,
    expected: "rasters that can be read",
    got: `${scenes.length} that cannot: ${first !== undefined && "reason" in first ? first.reason : "none"}`,
  });
}

// kept at once, so that an index that is stopped goes on where it was
async function describe(files: SceneFiles, store: SceneStore, options: GeotiffOptions): Promise<Described> {
  const stamp = await stampOf(files);
  const kept = store.scenes.get(files.id);
  if (kept !== undefined && ("scene" in kept ? kept.scene.stamp : kept.stamp) === stamp) return kept;
  const described = await describeScene(files, stamp, options).then(
    (scene): Described => ({ scene }),
    (error: unknown): Described => ({ stamp, reason: reasonOf(error) }),
  );
  store.scenes.set(files.id, described);
  return described;
}

/** What is wrong, without the file's name, so that files with one fault are counted together. */
export function reasonOf(error: unknown): string {
  if (!isLejepaError(error)) return (error as Error).message;
  const text = error.message.slice(error.where.length + 2);
  return error.hint === undefined
    ? text.replace(/\.$/, "")
    : text.slice(0, text.lastIndexOf(error.hint)).trim().replace(/\.$/, "");
}

function withSameChannels(scenes: readonly SceneFacts[], skipped: SkippedList): SceneFacts[] {
  const counts = new Map<number, number>();
  for (const { channels } of scenes) counts.set(channels.length, (counts.get(channels.length) ?? 0) + 1);
  const [[most]] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0]) as [[number, number]];
  return scenes.filter(({ id, channels }) => {
    if (channels.length === most) return true;
    skipped.add(
      `${channels.length} bands where most scenes have ${most}; choose common ones with the option bands`,
      id,
    );
    return false;
  });
}
