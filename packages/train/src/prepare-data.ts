// From a configuration to what training reads: decoded store, splits, batches' order, statistics, views. Decoding itself is
// the data package's; nothing random here but the seeded split.
import { resolveViews, type ViewSpec } from "@lejepa/augment";
import { type BoundDataset, type Config, type ResolvedConfig, withImages } from "@lejepa/contracts";
import {
  type BuildProgress,
  buildStore,
  type ChannelStatistics,
  channelStatistics,
  createPartners,
  createSampler,
  type ImageStore,
  type Partners,
  type Sampler,
  type Splits,
  splitItems,
  valueRange,
} from "@lejepa/data";
import type { ImageSpec, RunData } from "@lejepa/eval";

/** Everything about the images that a run needs. Close the store when done. */
export interface PreparedData {
  /** The configuration with what only the images could tell. */
  readonly config: ResolvedConfig;
  readonly store: ImageStore;
  readonly splits: Splits;
  readonly sampler: Sampler;
  readonly views: ViewSpec;
  readonly image: ImageSpec;
  readonly summary: RunData;
}

/** Who listens while data are prepared. */
export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** One line for the user. */
  readonly log?: ((line: string) => void) | undefined;
}

/** 8-bit pixels go to the device as they are, all others as float32 of the same values. */
function programType({ dtype }: Pick<ImageStore, "dtype">): "uint8" | "float32" {
  return dtype === "uint8" ? "uint8" : "float32";
}

/** Pixels of a store as an input of a compiled program. */
export function programPixels(pixels: ReturnType<ImageStore["read"]>): Uint8Array | Float32Array {
  return pixels instanceof Uint8Array || pixels instanceof Float32Array ? pixels : Float32Array.from(pixels);
}

/** Decodes a dataset, or finds it decoded. */
export function openImages(
  { dataset, data }: Pick<Config, "data"> & { readonly dataset: BoundDataset },
  options: PrepareOptions,
): Promise<ImageStore> {
  const { signal, onProgress, log } = options;
  return buildStore(dataset, {
    size: data.imageSize,
    channels: data.channels,
    cacheDir: data.cacheDir,
    workers: data.workers,
    limits: { seconds: data.decodeSeconds, megabytes: data.decodeMegabytes },
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(log && { log }),
  });
}

/**
 * Decodes and splits the images of a run.
 *
 * @throws LejepaError E_DATA (no images, fewer than a batch), E_CONFIG (views that do not fit), E_IO, E_ABORTED
 */
export async function prepareData(given: Config, options: PrepareOptions = {}): Promise<PreparedData> {
  const store = await openImages(given, options);
  try {
    const { channels } = store;
    const config = withImages(given, { channels, ...(options.log && { note: options.log }) });
    const splits = splitItems(store.items, config.data.splits);
    const { batchSize, seed } = config;
    const partners = partnersOf(store, splits.train, { config, log: options.log });
    const sampler = createSampler(splits.train, { batchSize, seed, partners });
    const range = valueRange(store, splits.train);
    const statistics = usable(channelStatistics(store, splits.train, range), options.log);
    const { height, width, channelNames, masksFile } = store;
    const views = resolveViews(config, {
      height,
      width,
      channels,
      dtype: programType(store),
      range,
      ...(channelNames && { channelNames }),
      masked: masksFile !== undefined,
      paired: partners !== undefined,
      ...statistics,
    });
    const image = { size: config.views.globalSize, channels, range, ...statistics };
    for (const warning of store.warnings) options.log?.(warning);
    for (const [note, count] of Object.entries(store.notes)) options.log?.(`${count} images: ${note}`);
    if (store.failures.length > 0) options.log?.(failureNote(store));
    return { config, store, splits, sampler, views, image, summary: summarise(store, splits, image) };
  } catch (error) {
    store.close();
    throw error;
  }
}

function partnersOf(
  { items }: ImageStore,
  rows: Uint32Array,
  { config, log }: { readonly config: ResolvedConfig; readonly log: PrepareOptions["log"] },
): Partners | undefined {
  const { probability } = config.augment.seasonalPair ?? { probability: 0 };
  if (probability === 0) return undefined;
  const partners = createPartners(items, rows, { seed: config.seed, probability });
  log?.(
    partners === undefined
      ? "seasonalPair does nothing: no two training images are dates of one place"
      : `seasonalPair: ${partners.count} of ${rows.length} training images have another date of their place`,
  );
  return partners;
}

function failureNote({ failures }: ImageStore): string {
  const examples = failures.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`);
  return `${failures.length} unreadable ${failures.length === 1 ? "image" : "images"} left out: ${examples.join(", ")}`;
}

// a channel without spread carries nothing: dividing by 1 keeps it at 0
function usable({ mean, std }: ChannelStatistics, log: PrepareOptions["log"]): ChannelStatistics {
  for (const [channel, value] of std.entries())
    if (value === 0) log?.(`channel ${channel} is the same in all training images`);
  return { mean, std: std.map((value) => (value > 0 ? value : 1)) };
}

function summarise(store: ImageStore, { train, validation, test }: Splits, { range, mean, std }: ImageSpec): RunData {
  return {
    fingerprint: store.fingerprint,
    images: { train: train.length, validation: validation.length, test: test.length },
    classes: store.classes.length,
    failures: store.failures.length,
    range,
    mean,
    std,
  };
}
