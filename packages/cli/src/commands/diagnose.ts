// `lejepa diagnose`: the Gaussianity cockpit of one checkpoint. Tests, alarms and the page are @lejepa/eval's and @lejepa/report's.
import { basename, dirname, resolve } from "node:path";
import { withImages } from "@lejepa/contracts";
import { type ImageStore, valueRange } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import {
  type Cockpit,
  createCockpit,
  type LoadedModel,
  loadModel,
  projectFeatures,
  readMetrics,
  rowsOfView,
} from "@lejepa/eval";
import { parseCheckpoint, runOfCheckpoint } from "../checkpoint-flag.ts";
import { describeCockpit } from "../describe-cockpit.ts";
import type { Output } from "../output.ts";
import type { ConfigFlags, ReadyConfig } from "../resolve-config.ts";
import { configOfRun, withRunImages } from "../run-images.ts";
import { modelOnImages } from "../run-model.ts";
import { makeFolderOf, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface DiagnoseFlags extends ConfigFlags {
  readonly run: string;
  readonly checkpoint: string;
  /** Most images. */
  readonly images: number;
  readonly slices: number;
  readonly unaugmented?: boolean;
  readonly html?: string;
  /** False with --no-pictures. */
  readonly pictures: boolean;
}

/** Looks at a checkpoint. */
export async function diagnose(flags: DiagnoseFlags, output: Output): Promise<void> {
  const model = loadModel(flags.run, { checkpoint: parseCheckpoint(flags.checkpoint) });
  if (model.reason !== undefined) output.note(model.reason);
  const run = runOfCheckpoint(flags.run);
  const config = await configOfRun(run, flags);
  await withRunImages(config, output, async ({ store, engine, signal }) => {
    const cockpit = await lookAt(engine, { flags, run, model, config, store, signal, output });
    if (flags.html !== undefined) await writePage(flags.html, cockpit, flags.pictures ? store : undefined);
    if (flags.html !== undefined) output.note(`page written to ${flags.html}`);
    output.result(cockpit, describeCockpit(cockpit));
  });
}

interface Look {
  readonly flags: DiagnoseFlags;
  readonly run: string;
  readonly model: LoadedModel;
  readonly config: ReadyConfig;
  readonly store: ImageStore;
  readonly signal: AbortSignal;
  readonly output: Output;
}

async function lookAt(engine: Engine, look: Look): Promise<Cockpit> {
  const { flags, run, model, config, store, signal, output } = look;
  output.note("embedding the images ...");
  const found = await modelOnImages(engine, { config, model, store, images: flags.images, signal });
  const { embeddings, whole, splits } = found;
  output.note("testing the slices ...");
  const form = flags.unaugmented === true ? "whole" : "view";
  const ofViews = {
    projections: rowsOfView(embeddings.projections, 0, embeddings.views),
    features: rowsOfView(embeddings.features, 0, embeddings.views),
  };
  const ofWhole = { projections: await projectFeatures(engine, model, whole), features: whole };
  const { views } = withImages(config, { channels: store.channels });
  const { objective, batchSize, seed } = config;
  return createCockpit(engine, {
    run: basename(resolve(run)),
    step: model.step,
    settings: {
      encoder: model.encoder.name,
      lambda: objective.lambda,
      batch: batchSize,
      views: views.globals + views.locals,
      slices: objective.slices,
    },
    ...found,
    items: store.items,
    ...(form === "view" ? ofViews : ofWhole),
    form,
    history: readMetrics(dirname(dirname(model.path)))
      .filter(({ step }) => step <= model.step)
      .map(({ step, loss, invariance, sigreg }) => ({ step, loss, invariance, sigreg })),
    context: {
      lambda: objective.lambda,
      batch: batchSize,
      smallestCrop: views.locals > 0 ? views.localScale[0] : views.globalScale[0],
      groupsInBatch: groupsInBatch(store, splits.train, batchSize),
    },
    slices: flags.slices,
    seed,
  });
}

// batches are drawn from all of the training images, so that a batch mixes as many groups as there are, or as it has images
function groupsInBatch({ items }: ImageStore, train: Uint32Array, batch: number): number | undefined {
  const groups = new Set(Array.from(train, (row) => items[row]?.group));
  return groups.has(undefined) ? undefined : Math.min(groups.size, batch);
}

async function writePage(file: string, cockpit: Cockpit, store: ImageStore | undefined): Promise<void> {
  const { cockpitPage, pictureRows, pictureUrl } = await import("@lejepa/report");
  const pictures = new Map<number, string>();
  if (store !== undefined) {
    const rows = pictureRows(cockpit);
    const ranges = [valueRange(store, Uint32Array.from(rows))];
    for (const row of rows) pictures.set(row, await pictureUrl(store, row, { ranges, side: 96 }));
  }
  makeFolderOf(file);
  writeNew(file, [new TextEncoder().encode(cockpitPage(cockpit, pictures))], { replace: true });
}
