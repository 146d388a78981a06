// The images that a preview shows, prepared as training would prepare them: from the training split, in a store of their own, with
// the numbers by which training draws their views.
import type { DatasetItem } from "@lejepa/contracts";
import { buildStore, datasetOfItems, listItems, sampleItems, splitItems } from "@lejepa/data";
import { type PreparedData, prepareData } from "@lejepa/train";
import type { ReadyConfig } from "../resolve-config.ts";

/** What to prepare. */
export interface PrepareOptions {
  /** Images to decode. */
  readonly images: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  note(line: string): void;
}

/** Prepared images, and of each row the number that its views are drawn by. */
export interface PreviewImages {
  readonly data: PreparedData;
  /** Row in a store of all images, unless one before it fails to decode. */
  readonly items: readonly number[];
  /** Images of the training split. */
  readonly trainImages: number;
  /** Why parts of the policy do not apply, and other remarks. */
  readonly notes: readonly string[];
}

/**
 * Decodes a seeded sample of the training images; range, mean and standard deviation are the sample's. Close the store when done.
 *
 * @throws LejepaError E_DATA without images, E_CONFIG as training would, E_ABORTED
 */
export async function preparePreview(config: ReadyConfig, options: PrepareOptions): Promise<PreviewImages> {
  const { dataset, data } = config;
  const { signal, note } = options;
  if (dataset.plugin === undefined) throw new TypeError("the plugin is not loaded");
  const listing = await listItems(dataset.plugin, dataset.options, { cacheDir: data.cacheDir, signal, log: note });
  const { train } = splitItems(listing.items, data.splits);
  const chosen = sampleItems(
    Array.from(train, (place) => listing.items[place] as DatasetItem),
    options.images,
    options.seed,
  );
  // in decoders of their own; the second look finds them in the cache
  const decoded = await buildStore(dataset, {
    size: data.imageSize,
    channels: data.channels,
    cacheDir: data.cacheDir,
    workers: data.workers,
    limits: { seconds: data.decodeSeconds, megabytes: data.decodeMegabytes },
    listing: { ...listing, items: chosen },
    signal,
    log: note,
  });
  const { items, failures, count } = decoded;
  decoded.close();
  if (failures.length > 0) note(`${failures.length} of ${chosen.length} sampled images cannot be read`);
  const notes: string[] = [];
  const free = items.map(({ id, source }) => ({ id, source }));
  const { channels } = listing;
  const part: ReadyConfig = {
    ...config,
    dataset: datasetOfItems(dataset, { ...(channels && { channels }), items: free }),
    data: { ...data, splits: { ...data.splits, validation: 0, test: 0 } },
    batchSize: count,
  };
  const prepared = await prepareData(part, { signal, log: (line) => void notes.push(line) });
  const placeOf = new Map(listing.items.map(({ id }, place) => [id, place]));
  return {
    data: prepared,
    items: prepared.store.items.map(({ id }) => placeOf.get(id) as number),
    trainImages: train.length,
    notes,
  };
}
