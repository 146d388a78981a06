// A run's model on its images, for the verbs that look at training itself: what was held out, embedded as training saw it and
// whole. The computing is @lejepa/eval's.
import { resolveViews, type ViewSpec } from "@lejepa/augment";
import { withImages } from "@lejepa/contracts";
import { type ImageStore, type Splits, splitItems } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import {
  embedViews,
  extractFeatures,
  heldOutRows,
  type LabelFreeMeasures,
  type LoadedModel,
  type Matrix,
  measureLabelFree,
  type ViewEmbeddings,
} from "@lejepa/eval";
import type { ReadyConfig } from "./resolve-config.ts";

/** A model on images. */
export interface ModelOnImages {
  readonly rows: Uint32Array;
  /** False: nothing was held out, so these are training images. */
  readonly heldOut: boolean;
  readonly splits: Splits;
  readonly embeddings: ViewEmbeddings;
  /** Encoder features of the same images, whole. */
  readonly whole: Matrix;
  readonly measures: LabelFreeMeasures;
}

/** What is looked at. */
export interface ModelOnImagesOptions {
  readonly config: ReadyConfig;
  readonly model: LoadedModel;
  readonly store: ImageStore;
  /** Most images. */
  readonly images: number;
  readonly signal: AbortSignal;
}

/**
 * Embeds images that were not trained on and measures the model on them.
 *
 * @throws LejepaError E_SHAPE, E_CONFIG when model and images do not fit, E_ABORTED
 */
export async function modelOnImages(engine: Engine, options: ModelOnImagesOptions): Promise<ModelOnImages> {
  const { config, model, store, signal } = options;
  const { seed, objective } = config;
  const splits = splitItems(store.items, config.data.splits);
  const { rows, heldOut } = heldOutRows(splits, { limit: options.images, seed });
  const spec = viewsOf(config, model, store);
  const embeddings = await embedViews(engine, { ...model, spec, store, rows, seed, signal });
  const { encoder, values, image } = model;
  const { embedding: whole } = await extractFeatures(engine, { encoder, values, ...image, store, rows, signal });
  const measures = await measureLabelFree(engine, { embeddings, whole, objective, batch: config.batchSize, seed });
  return { rows, heldOut, splits, embeddings, whole, measures };
}

// with the run's own normalisation, not that of the images at hand
function viewsOf(config: ReadyConfig, { image }: LoadedModel, store: ImageStore): ViewSpec {
  const { height, width, channels, dtype, masksFile } = store;
  const { range, mean, std } = image;
  const form = { height, width, channels, dtype: dtype === "uint8" ? ("uint8" as const) : ("float32" as const) };
  return resolveViews(withImages(config, { channels }), {
    ...form,
    range,
    mean,
    std,
    masked: masksFile !== undefined,
  });
}
