// `lejepa embed`: a trained encoder and images in, features.npy and items.csv out.
import { join, resolve } from "node:path";
import { splitItems } from "@lejepa/data";
import { configuredEngine } from "@lejepa/engine";
import { extractFeatures } from "@lejepa/eval";
import { loadEncoder } from "@lejepa/train";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { parseCheckpoint, runOfCheckpoint } from "../checkpoint-flag.ts";
import type { ConfigFlags } from "../resolve-config.ts";
import { configOfRun, openStore } from "../run-images.ts";
import { itemsCsv, makeFolder, npyHeader, refuseExisting, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface EmbedFlags extends ConfigFlags {
  readonly run: string;
  readonly checkpoint: string;
  readonly out?: string;
  readonly overwrite?: boolean;
}

/** Writes the features of all images. */
export async function embed(flags: EmbedFlags, output: Output): Promise<void> {
  const out = resolve(flags.out ?? join(flags.run, "features"));
  const replace = flags.overwrite ?? false;
  const files = { features: join(out, "features.npy"), items: join(out, "items.csv") };
  // before the work, and again when writing
  if (!replace) for (const file of Object.values(files)) refuseExisting(file);
  const loaded = loadEncoder(flags.run, { checkpoint: parseCheckpoint(flags.checkpoint) });
  const config = await configOfRun(runOfCheckpoint(flags.run), flags);
  const interrupt = listenForInterrupt(() => output.note("stopping"));
  const { signal } = interrupt;
  const store = await openStore(config, { output, signal });
  const engine = await configuredEngine(config);
  try {
    const { encoder, values, image } = loaded;
    const { embedding } = await extractFeatures(engine, { encoder, values, ...image, store, signal });
    const splits = splitItems(store.items, config.data.splits);
    makeFolder(out);
    writeNew(files.features, [npyHeader([embedding.rows, embedding.columns]), embedding.data], { replace });
    writeNew(files.items, [itemsCsv(store.items, splits)], { replace });
    const shape = [embedding.rows, embedding.columns];
    output.result(
      { ...files, shape, checkpoint: loaded.path, step: loaded.step, failures: store.failures },
      `${shape.join(" x ")} features of step ${loaded.step} in ${files.features}, their images in ${files.items}`,
    );
  } finally {
    interrupt.release();
    await engine.dispose();
    store.close();
  }
}
