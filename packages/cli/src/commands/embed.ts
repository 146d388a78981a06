// `lejepa embed`: a trained encoder and images in, files of features out (feature-files.ts).
import { join, resolve } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { splitItems } from "@lejepa/data";
import { extractFeatures, type Matrix } from "@lejepa/eval";
import { loadEncoder } from "@lejepa/train";
import type { Output } from "../output.ts";
import { parseCheckpoint, runOfCheckpoint } from "../checkpoint-flag.ts";
import type { ConfigFlags } from "../resolve-config.ts";
import { configOfRun, withRunImages } from "../run-images.ts";
import { featureFiles, parseFormats } from "../feature-files.ts";
import { makeFolder, refuseExisting, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface EmbedFlags extends ConfigFlags {
  readonly run: string;
  readonly checkpoint: string;
  /** Formats, separated by commas. */
  readonly format: string;
  readonly out?: string;
  readonly overwrite?: boolean;
}

/** Writes the features of all images. */
export async function embed(flags: EmbedFlags, output: Output): Promise<void> {
  const out = resolve(flags.out ?? join(flags.run, "features"));
  const replace = flags.overwrite ?? false;
  const files = featureFiles(out, parseFormats(flags.format));
  // before the work, and again when writing
  if (!replace) for (const { path } of files) refuseExisting(path);
  const loaded = loadEncoder(flags.run, { checkpoint: parseCheckpoint(flags.checkpoint) });
  if (loaded.reason !== undefined) output.note(loaded.reason);
  const config = await configOfRun(runOfCheckpoint(flags.run), flags);
  await withRunImages(config, output, async ({ store, engine, signal }) => {
    const { encoder, values, image } = loaded;
    const { embedding } = await extractFeatures(engine, { encoder, values, ...image, store, signal });
    expectFinite(embedding, loaded.path);
    const table = { features: embedding, items: store.items, splits: splitItems(store.items, config.data.splits) };
    makeFolder(out);
    for (const { path, content } of files) writeNew(path, await content(table), { replace });
    const shape = [embedding.rows, embedding.columns];
    const paths = files.map(({ path }) => path);
    output.result(
      { files: paths, shape, checkpoint: loaded.path, step: loaded.step, failures: store.failures },
      `${shape.join(" x ")} features of step ${loaded.step} in ${paths.join(", ")}`,
    );
  });
}

function expectFinite({ data }: Matrix, where: string): void {
  if (data.every(Number.isFinite)) return;
  throw new LejepaError({
    code: "E_NAN",
    where,
    expected: "features that are finite",
    got: "NaN or infinite ones",
    hint: "Use an earlier checkpoint (--checkpoint STEP), and see lejepa diagnose.",
  });
}
