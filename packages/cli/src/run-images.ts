// The images of a run folder, or others in their place, decoded as the run's. For the verbs that come after training.
import { join } from "node:path";
import type { ImageStore } from "@lejepa/data";
import { configuredEngine, type Engine } from "@lejepa/engine";
import { openImages, readRunConfig } from "@lejepa/train";
import { listenForInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { type ConfigFlags, type ReadyConfig, resolveConfig } from "./resolve-config.ts";

/** A run's configuration with the flags applied. */
export function configOfRun(folder: string, flags: ConfigFlags): Promise<ReadyConfig> {
  return resolveConfig(flags, {
    base: { value: readRunConfig(folder), source: join(folder, "config.resolved.json") },
  });
}

/** Opens the images of a configuration, telling the user what was left out. */
async function openStore(
  config: ReadyConfig,
  { output, signal }: { readonly output: Output; readonly signal?: AbortSignal },
): Promise<ImageStore> {
  const store = await openImages(config, { log: output.note, ...(signal && { signal }) });
  for (const line of leftOut(store)) output.note(line);
  return store;
}

/** A run's images and the engine to look at them with. */
export interface OpenImages {
  readonly store: ImageStore;
  readonly engine: Engine;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Opens the images of a configuration and an engine on its device, and closes both after the work, however it ends. */
export async function withRunImages<T>(
  config: ReadyConfig,
  output: Output,
  work: (open: OpenImages) => Promise<T>,
): Promise<T> {
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  const { signal } = interrupt;
  try {
    const store = await openStore(config, { output, signal });
    try {
      const engine = await configuredEngine(config);
      try {
        return await work({ store, engine, signal });
      } finally {
        await engine.dispose();
      }
    } finally {
      store.close();
    }
  } finally {
    interrupt.release();
  }
}

/** What the dataset says of itself, and what is not among the images and why, a line each. */
function leftOut({ failures, skipped, notes, warnings }: ImageStore): string[] {
  const lines = [...warnings];
  lines.push(...failures.slice(0, 5).map(({ id, reason }) => `unreadable: ${id} (${reason})`));
  if (failures.length > 5) lines.push(`unreadable: ${failures.length - 5} more`);
  for (const { count, reason, examples } of skipped)
    lines.push(`left out: ${count} ${reason}${examples.length > 0 ? ` (${examples.join(", ")})` : ""}`);
  for (const [note, count] of Object.entries(notes)) lines.push(`${count} images: ${note}`);
  return lines;
}
