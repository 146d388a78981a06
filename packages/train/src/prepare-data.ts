// From a configuration to what training reads: decoded store, splits, batches' order, statistics, views. Decoding itself is
// the data package's; nothing random here but the seeded split.
import { resolveViews, type ViewSpec } from "@lejepa/augment";
import type { BoundDataset, Config } from "@lejepa/contracts";
import {
  type BuildProgress,
  buildStore,
  type ChannelStatistics,
  channelStatistics,
  createSampler,
  type ImageStore,
  type Sampler,
  type Splits,
  splitItems,
} from "@lejepa/data";
import type { ImageSpec } from "./checkpoint.ts";
import type { RunData } from "./run-folder.ts";

/** Everything about the images that a run needs. Close the store when done. */
export interface PreparedData {
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

/** Type of the images that a compiled program takes, and how stored pixels become them. */
export interface ProgramImages {
  readonly dtype: "uint8" | "float32";
  readonly fullScale: number;
}

/** 8-bit pixels go to the device as they are, all others as float32 of the same values. */
function programImages({ dtype, fullScale }: Pick<ImageStore, "dtype" | "fullScale">): ProgramImages {
  return { dtype: dtype === "uint8" ? "uint8" : "float32", fullScale };
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
export async function prepareData(config: Config, options: PrepareOptions = {}): Promise<PreparedData> {
  const store = await openImages(config, options);
  try {
    const splits = splitItems(store.items, config.data.splits);
    const sampler = createSampler(splits.train, { batchSize: config.batchSize, seed: config.seed });
    const { mean, std } = usable(channelStatistics(store, splits.train), options.log);
    const views = resolveViews(config, { ...store, ...programImages(store), mean, std });
    const image = { size: config.views.globalSize, channels: store.channels, mean, std };
    for (const [note, count] of Object.entries(store.notes)) options.log?.(`${count} images: ${note}`);
    if (store.failures.length > 0) options.log?.(failureNote(store));
    return { store, splits, sampler, views, image, summary: summarise(store, splits, { mean, std }) };
  } catch (error) {
    store.close();
    throw error;
  }
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

function summarise(store: ImageStore, { train, validation, test }: Splits, { mean, std }: ChannelStatistics): RunData {
  return {
    fingerprint: store.fingerprint,
    images: { train: train.length, validation: validation.length, test: test.length },
    classes: store.classes.length,
    failures: store.failures.length,
    mean,
    std,
  };
}
