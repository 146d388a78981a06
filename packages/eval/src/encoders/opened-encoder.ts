// What everything that can be compared looks like: a run, random weights, pixels, ONNX files, published weights. Only the
// contract; `openEncoder` makes them, feature-files.ts keeps what they compute.
import { LejepaError, nearest } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";
import type { FrozenEncoder } from "../features.ts";
import type { Matrix } from "../matrix.ts";

/** Where an encoder comes from. */
export type OpenedKind = "run" | "random" | "pixels" | "onnx" | "dino";

/** Options of {@link OpenedEncoder.extract}. */
export interface FeatureOptions {
  /**
   * Names of what to compute, of `OpenedEncoder.outputs`; default `embedding` and `probe`.
   *
   * - `embedding`: what the encoder exports; `probe`: for the linear probe, before its LayerNorm.
   * - `cls`, `patch`, `both` (transformers): class token, mean of the patches, the two concatenated; after the final norm.
   * - `patches`: each patch token of the last block by itself, row by row of the grid, `patches * featureDim` columns;
   * - `last-K`, e.g. `last-4`: class tokens (mean patches) of the last K blocks, each after the final norm, concatenated.
   */
  readonly outputs?: readonly string[] | undefined;
  /** How features are kept in the cache, and so how exact they are: float16 has 11 bits. Default `float32`. */
  readonly precision?: "float32" | "float16" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Rows done, those found in the cache included, and rows in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Features by name, one row for each row asked for, in that order. */
export type FeatureSet = Readonly<Record<"embedding" | "probe", Matrix>> & Readonly<Record<string, Matrix>>;

/** An encoder, ready to be put on images. */
export interface OpenedEncoder {
  /** Equal ids, equal features of equal images: weights and settings are in it. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly kind: OpenedKind;
  /** Of the weights; undefined for one's own. */
  readonly licence?: string | undefined;
  /** Width and height of the network's input, pixels; undefined: as stored. */
  readonly inputSize?: number | undefined;
  /** Columns of `embedding`. */
  readonly featureDim: number;
  /** What `extract` can give; `last-K` stands for `last-1`, `last-2`, ... */
  readonly outputs: readonly string[];
  /** What a report must say: channel policy, preprocessing, which tokens are read. */
  readonly notes: readonly string[];
  /** Weights for our engine, if these are ours to run: for fine-tuning. */
  readonly frozen?: FrozenEncoder | undefined;
  /**
   * Features of rows of the store, unaugmented. Computed in parts that stay in the cache: a call that was stopped, even by
   * `kill -9`, goes on where it was.
   *
   * @throws LejepaError E_USAGE for an unknown output, E_NAN for features that are no numbers, E_ABORTED, E_SHAPE, E_IO
   */
  extract(store: ImageStore, rows: Uint32Array, options?: FeatureOptions): Promise<FeatureSet>;
  /** Frees what it holds. */
  dispose(): Promise<void>;
}

const lastBlocks = /^last-([1-9]\d*)$/;

/** K of `last-K`; undefined for another name. */
export function blocksOf(output: string): number | undefined {
  const count = lastBlocks.exec(output)?.[1];
  return count === undefined ? undefined : Number(count);
}

/**
 * The outputs asked for, each once, `embedding` and `probe` among them.
 *
 * @throws LejepaError E_USAGE for one that this encoder does not have
 */
export function checkOutputs(
  { name, outputs, depth }: { readonly name: string; readonly outputs: readonly string[]; readonly depth: number },
  wanted: readonly string[] = [],
): readonly string[] {
  for (const output of wanted) {
    const blocks = blocksOf(output);
    if (blocks === undefined ? outputs.includes(output) : outputs.includes("last-K") && blocks <= depth) continue;
    const similar = nearest(output, outputs);
    throw new LejepaError({
      code: "E_USAGE",
      where: `features of ${name}`,
      expected: `one of ${outputs.join(", ")}${depth > 0 ? ` (K up to ${depth})` : ""}`,
      got: output,
      hint: similar && `Did you mean ${similar}?`,
    });
  }
  return [...new Set(["embedding", "probe", ...wanted])];
}
