// Frozen features of stored images: of an encoder in evaluation mode, of the pixels themselves, of random weights. Not the
// reading of checkpoints: weights come as values by name.
import { type ImageForm, normaliseImages } from "@lejepa/augment";
import { LejepaError } from "@lejepa/contracts";
import { type ImageStore, valueRange } from "@lejepa/data";
import { type Encoder, flatLayout, initialise, pack, unflatten } from "@lejepa/encoders";
import type { CompiledProgram, Engine, Feed, InputSpec } from "@lejepa/engine";
import type * as tf from "@tensorflow/tfjs";
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
  const batch = Math.max(1, Math.min(batchSize, rows.length));
  const layout = flatLayout(encoder.params);
  const program = await compileFeatures(engine, options, batch);
  const theta = await engine.tensor(pack(options.values, layout), [layout.length]);
  const embedding = new Float32Array(rows.length * encoder.featureDim);
  const probe = new Float32Array(rows.length * encoder.probeDim);
  try {
    for (let start = 0; start < rows.length; start += batch) {
      checkSignal(options.signal);
      const chunk = rows.subarray(start, start + batch);
      // the last batch is filled up with its first row
      const padded = Uint32Array.from({ length: batch }, (_, i) => chunk[i] ?? (chunk[0] as number));
      const out = await program.run({ theta, ...feedsOf(store, padded) });
      for (const [name, target, width] of [
        ["embedding", embedding, encoder.featureDim],
        ["probe", probe, encoder.probeDim],
      ] as const) {
        const tensor = out[name];
        if (tensor === undefined) continue;
        const values = (await tensor.read()) as Float32Array;
        target.set(values.subarray(0, chunk.length * width), start * width);
        tensor.dispose();
      }
      options.onProgress?.(Math.min(start + batch, rows.length), rows.length);
    }
  } finally {
    theta.dispose();
    await program.dispose();
  }
  return {
    rows,
    embedding: matrix(embedding, rows.length, encoder.featureDim),
    probe: matrix(probe, rows.length, encoder.probeDim),
  };
}

function compileFeatures(engine: Engine, options: ExtractOptions, batch: number): Promise<CompiledProgram> {
  const { encoder, store, mean, std, size } = options;
  const { height, width, channels } = store;
  const dtype = inputType(store);
  const layout = flatLayout(encoder.params);
  const transform = {
    dtype,
    range: options.range ?? valueRange(store, options.rows ?? allRows(store)),
    mean,
    std,
    ...(size !== undefined && (size !== height || size !== width) && { size }),
  };
  const features = (inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const { theta, images, masks } = inputs as Readonly<Record<"theta" | "images", tf.Tensor> & { masks?: tf.Tensor }>;
    const input = normaliseImages(images, { ...transform, masks });
    const { embedding, probe } = encoder.forward(unflatten(theta, layout), input, { training: false });
    return { embedding, probe };
  };
  const signature: Record<string, InputSpec> = {
    theta: { shape: [layout.length] },
    images: { shape: [batch, height, width, channels], dtype },
    ...(store.masksFile !== undefined && { masks: { shape: [batch, height, width], dtype: "uint8" } }),
  };
  return engine.compile(features, signature);
}

// 16-bit pixels are exact in float32
const inputType = ({ dtype }: Pick<ImageStore, "dtype">): ImageForm["dtype"] =>
  dtype === "uint8" ? "uint8" : "float32";

function feedsOf(store: ImageStore, rows: Uint32Array): Record<string, Feed> {
  const pixels = store.read(rows);
  return {
    images: pixels instanceof Uint8Array || pixels instanceof Float32Array ? pixels : Float32Array.from(pixels),
    ...(store.masksFile !== undefined && { masks: store.readMasks(rows) }),
  };
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LejepaError({ code: "E_ABORTED", where: "features", problem: "stopped on request" });
}

/**
 * Weights of the same architecture before any training: the baseline that pretraining has to beat. With the seed of a run
 * these are that run's initial encoder weights.
 */
export function randomEncoder(encoder: Encoder, seed: number): Map<string, Float32Array> {
  return initialise(encoder.params, seed);
}

/** Options of {@link pixelFeatures}. */
export interface PixelFeatureOptions {
  readonly rows?: Uint32Array;
  readonly grid?: number;
  readonly range?: readonly [number, number];
}

/**
 * Pixels as features: the image averaged over a grid of `grid` x `grid` cells (fewer for smaller images), black = 0 and
 * white = 1; the baseline without any network.
 *
 * @param options `range`: values of black and of white, by default the store's, or its percentiles over the rows
 * @returns `[rows, cells * cells * channels]`
 */
export function pixelFeatures(
  store: ImageStore,
  { rows = allRows(store), grid = 16, range = valueRange(store, rows) }: PixelFeatureOptions = {},
): Matrix {
  const { height, width, channels, rowElements } = store;
  const [black, white] = range;
  const down = Math.min(grid, height);
  const across = Math.min(grid, width);
  const columns = down * across * channels;
  const data = new Float32Array(rows.length * columns);
  const counts = new Float32Array(columns);
  const cells = cellOfElement(store, { down, across });
  for (const cell of cells) counts[cell] = (counts[cell] as number) + white - black;
  for (let i = 0; i < rows.length; i++) {
    const pixels = store.read(rows.subarray(i, i + 1));
    const row = data.subarray(i * columns, (i + 1) * columns);
    for (let e = 0; e < rowElements; e++)
      row[cells[e] as number] = (row[cells[e] as number] as number) + clip(pixels[e] as number, black, white) - black;
    for (let j = 0; j < columns; j++) row[j] = (row[j] as number) / (counts[j] as number);
  }
  return matrix(data, rows.length, columns);
}

const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

function cellOfElement(
  { height, width, channels }: ImageStore,
  { down, across }: { readonly down: number; readonly across: number },
): Int32Array {
  return Int32Array.from({ length: height * width * channels }, (_, e) => {
    const x = Math.floor(e / channels) % width;
    const y = Math.floor(e / (channels * width));
    return (Math.floor((y * down) / height) * across + Math.floor((x * across) / width)) * channels + (e % channels);
  });
}
