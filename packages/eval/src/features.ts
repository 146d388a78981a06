// Frozen features of stored images: of an encoder of ours in evaluation mode, of random weights. Not the reading of
// checkpoints (weights come as values by name), and nothing is kept: that is encoders/feature-files.ts.
import { normaliseImages } from "@lejepa/augment";
import { LejepaError } from "@lejepa/contracts";
import { type ImageStore, valueRange } from "@lejepa/data";
import { type Encoder, flatLayout, initialise, pack, unflatten } from "@lejepa/encoders";
import type { Engine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { ChannelMap } from "./encoders/channels.ts";
import { blocksOf } from "./encoders/opened-encoder.ts";
import { imageFeeds, imageSignature, inputType, preprocess, type StoreInputs } from "./encoders/preprocess.ts";
import { type Matrix, matrix } from "./matrix.ts";

/** An encoder with its weights, and the normalisation that it was trained with. */
export interface FrozenEncoder {
  readonly encoder: Encoder;
  /** Parameters and buffers by name. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Stored values of black and of white; absent: what the store says, or its percentiles (`valueRange`). */
  readonly range?: readonly [number, number] | undefined;
  /** Per channel, of pixels where black is 0 and white is 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Width and height of the encoder's input, pixels; absent: as stored. */
  readonly size?: number | undefined;
  /** Of the resize; default `bilinear`. */
  readonly interpolation?: "bilinear" | "bicubic" | undefined;
  /** Takes the place of `mean` and `std` where the stored channels are not the encoder's. */
  readonly channelMap?: ChannelMap | undefined;
}

/** What to compute. */
export interface ExtractOptions extends FrozenEncoder {
  readonly store: ImageStore;
  /** Rows of the store; default all. */
  readonly rows?: Uint32Array | undefined;
  /** Images a run of the program; default 64. */
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Features of rows, in the order of `rows`. */
export interface FrozenFeatures {
  readonly rows: Uint32Array;
  /** `[rows, featureDim]`: for kNN and export. */
  readonly embedding: Matrix;
  /** `[rows, probeDim]`: for the linear probe, before its LayerNorm. */
  readonly probe: Matrix;
}

/** Computes features of a few rows at a time; what `OpenedEncoder.extract` is made of. */
export interface FeatureSource {
  /** Rows that one call takes at most. */
  readonly batch: number;
  /** Features by name, row after row. */
  compute(rows: Uint32Array): Promise<Readonly<Record<string, Float32Array>>>;
  dispose(): Promise<void>;
}

/** All rows of a store. */
const allRows = ({ count }: Pick<ImageStore, "count">): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/**
 * Features of the encoder in evaluation mode (running statistics, no drop path), images unaugmented: resized and
 * normalised by `normaliseImages`, what is invalid at the mean of its channel. Memory: the features and one batch.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE when images, weights and encoder do not fit; E_ABORTED after the signal
 */
export async function extractFeatures(engine: Engine, options: ExtractOptions): Promise<FrozenFeatures> {
  const { encoder, store, rows = allRows(store), batchSize = 64 } = options;
  const range = options.range ?? valueRange(store, rows);
  const batch = Math.max(1, Math.min(batchSize, rows.length));
  const source = await frozenSource(engine, { ...options, range }, { store, batch, outputs: ["embedding", "probe"] });
  try {
    const { embedding, probe } = await collect(source, rows, options);
    const asMatrix = (data: Float32Array | undefined, columns: number): Matrix =>
      matrix(data ?? new Float32Array(), rows.length, columns);
    return { rows, embedding: asMatrix(embedding, encoder.featureDim), probe: asMatrix(probe, encoder.probeDim) };
  } finally {
    await source.dispose();
  }
}

/**
 * All rows through a source, batch by batch.
 *
 * @throws LejepaError E_ABORTED after the signal, and what the source throws
 */
export async function collect(
  source: FeatureSource,
  rows: Uint32Array,
  { signal, onProgress }: Pick<ExtractOptions, "signal" | "onProgress"> = {},
): Promise<Record<string, Float32Array>> {
  const collected: Record<string, Float32Array> = {};
  for (let start = 0; start < rows.length; start += source.batch) {
    checkSignal(signal);
    const chunk = rows.subarray(start, start + source.batch);
    for (const [name, values] of Object.entries(await source.compute(chunk))) {
      const width = values.length / chunk.length;
      const all = (collected[name] ??= new Float32Array(rows.length * width));
      all.set(values, start * width);
    }
    onProgress?.(Math.min(start + source.batch, rows.length), rows.length);
  }
  return collected;
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LejepaError({ code: "E_ABORTED", where: "features", problem: "stopped on request" });
}

/** Which images, how many at a time, and what of them. */
export interface SourceOptions {
  readonly store: ImageStore;
  readonly batch: number;
  /** Names as `OpenedEncoder.outputs` has them, checked. */
  readonly outputs: readonly string[];
}

/**
 * An encoder of ours, compiled for the images of a store.
 *
 * @throws LejepaError E_SHAPE, E_DTYPE
 */
export async function frozenSource(
  engine: Engine,
  frozen: FrozenEncoder & { readonly range: readonly [number, number] },
  { store, batch, outputs }: SourceOptions,
): Promise<FeatureSource> {
  const { encoder } = frozen;
  const layout = flatLayout(encoder.params);
  const program = await engine.compile(
    (inputs: Readonly<Record<string, tf.Tensor>>) => {
      const x = encoderInput(inputs as unknown as StoreInputs, store, frozen);
      return outputsOf(encoder, unflatten(inputs["theta"] as tf.Tensor, layout), { x, outputs });
    },
    { theta: { shape: [layout.length] }, ...imageSignature(store, batch) },
  );
  const theta = await engine.tensor(pack(frozen.values, layout), [layout.length]);
  return {
    batch,
    async compute(rows) {
      // the last batch is filled up with its first row
      const padded = Uint32Array.from({ length: batch }, (_, i) => rows[i] ?? (rows[0] as number));
      const out = await program.run({ theta, ...imageFeeds(store, padded) });
      const read: Record<string, Float32Array> = {};
      for (const [name, tensor] of Object.entries(out)) {
        const values = (await tensor.read()) as Float32Array;
        read[name] = values.subarray(0, (values.length / batch) * rows.length);
        tensor.dispose();
      }
      return read;
    },
    async dispose() {
      theta.dispose();
      await program.dispose();
    },
  };
}

function encoderInput(
  inputs: StoreInputs,
  store: ImageStore,
  frozen: FrozenEncoder & { readonly range: readonly [number, number] },
): tf.Tensor {
  const { channelMap: channels, mean, std, size, range, interpolation } = frozen;
  if (channels !== undefined) return preprocess(inputs, store, { range, size, interpolation, channels });
  const resized = size !== undefined && (size !== store.height || size !== store.width);
  return normaliseImages(inputs.images, {
    dtype: inputType(store),
    range,
    mean,
    std,
    masks: inputs.masks,
    ...(interpolation !== undefined && { interpolation }),
    ...(resized && { size }),
  });
}

/** Traced: the outputs by name. */
function outputsOf(
  encoder: Encoder,
  params: Readonly<Record<string, tf.Tensor>>,
  { x, outputs }: { readonly x: tf.Tensor; readonly outputs: readonly string[] },
): Record<string, tf.Tensor> {
  const { embedding, probe } = encoder.forward(params, x, { training: false });
  const results: Record<string, tf.Tensor> = { embedding, probe };
  const others = outputs.filter((name) => !Object.hasOwn(results, name));
  if (others.length === 0 || encoder.tokens === undefined) return results;
  if (others.includes("patches")) {
    const patches = encoder.tokens.patches(params, x);
    results["patches"] = tf.reshape(patches, [patches.shape[0], patches.shape[1] * patches.shape[2]]);
  }
  const deepest = Math.max(1, ...others.map((name) => blocksOf(name) ?? 1));
  const blocks = encoder.tokens.read(params, x, deepest);
  const last = blocks.at(-1);
  for (const name of others.filter((one) => one !== "patches")) {
    const count = blocksOf(name);
    if (count !== undefined) {
      results[name] = joined(blocks.slice(-count).map(({ classToken, patch }) => classToken ?? patch));
    } else if (last !== undefined) {
      const { classToken, patch } = last;
      const parts = name === "patch" ? [patch] : name === "cls" ? [classToken] : [classToken, patch];
      results[name] = joined(parts.filter((part) => part !== undefined));
    }
  }
  return results;
}

// an output of its own each: the same tensor under two names would be one output of the graph
const joined = (parts: readonly tf.Tensor[]): tf.Tensor =>
  parts.length === 1 ? tf.add(parts[0] as tf.Tensor, 0) : tf.concat([...parts], 1);

/**
 * Weights of the same architecture before any training: the baseline that pretraining has to beat. With the seed of a run
 * these are that run's initial encoder weights.
 */
export function randomEncoder(encoder: Encoder, seed: number): Map<string, Float32Array> {
  return initialise(encoder.params, seed);
}
