// What every encoder and projector looks like: named parameter specifications and a pure forward function over tfjs
// ops. Not an object that owns weights: whoever trains keeps them and passes them in.
import type * as tf from "@tensorflow/tfjs";

/** How a tensor is filled at the start. `normal` has mean 0; `uniform` covers [-bound, bound]. */
export type InitSpec =
  | { readonly type: "constant"; readonly value: number }
  | { readonly type: "normal"; readonly std: number }
  | { readonly type: "uniform"; readonly bound: number };

/** One tensor of a model. */
export interface ParamSpec {
  /** timm's name, e.g. `blocks.0.attn.qkv.weight`. */
  readonly name: string;
  /** timm's shape: dense weights `[out, in]`, convolutions `[out, in / groups, height, width]`. */
  readonly shape: readonly number[];
  readonly init: InitSpec;
  /** Buffers (running statistics) receive no gradient; their new values come through `ForwardContext.updates`. */
  readonly kind: "parameter" | "buffer";
  /** Whether weight decay applies: not to biases, norms, the class token and position embeddings (timm's rule). */
  readonly decay: boolean;
}

/** Current tensors by name, parameters and buffers together. */
export type Params = Readonly<Record<string, tf.Tensor>>;

/** What a forward pass needs besides parameters and images. */
export interface ForwardContext {
  /** Batch statistics and drop path when true, running statistics and no drop path when false. */
  readonly training: boolean;
  /** Uniform numbers in [0, 1), `[noiseCount, b]`: needed in training when `noiseCount > 0`. */
  readonly noise?: tf.Tensor | undefined;
  /**
   * Receives the new values of buffers in training, as kept tensors that the caller disposes. Current values are read
   * from here first, so one map passed to several calls of a step (global views, then local views) chains them.
   */
  readonly updates?: Map<string, tf.Tensor> | undefined;
}

/** What an encoder computes. */
export interface Features {
  /** `[b, featureDim]`: what the projector takes and what is exported. */
  readonly embedding: tf.Tensor2D;
  /** `[b, probeDim]`: the last two blocks or stages, concatenated; a probe adds its own LayerNorm. */
  readonly probe: tf.Tensor2D;
}

/** Tokens of one block, after the encoder's final norm. */
export interface BlockTokens {
  /** `[b, dim]`; absent without a class token. */
  readonly classToken?: tf.Tensor2D;
  /** Mean over the patches `[b, dim]`. */
  readonly patch: tf.Tensor2D;
}

/** What the blocks of a transformer give besides {@link Features}. */
export interface TokenReader {
  /** Blocks. */
  readonly depth: number;
  readonly classToken: boolean;
  /** Tokens of the last `k` blocks in evaluation, earlier block first; `x` as in `forward`. */
  read(params: Params, x: tf.Tensor, k: number): BlockTokens[];
  /** Patch tokens of the last block in evaluation, after the final norm, row by row of the grid: `[b, patches, dim]`. */
  patches(params: Params, x: tf.Tensor): tf.Tensor3D;
}

/** An image encoder. */
export interface Encoder {
  readonly name: string;
  readonly params: readonly ParamSpec[];
  /** Input channels. */
  readonly channels: number;
  readonly featureDim: number;
  readonly probeDim: number;
  /** Uniform numbers per sample and training step (drop path); 0 when none are needed. */
  readonly noiseCount: number;
  /**
   * Pure and traceable. `x` is `[b, channels, height, width]`, normalised.
   * @throws LejepaError E_SHAPE when `x`, the noise or a parameter does not fit
   */
  forward(params: Params, x: tf.Tensor, context: ForwardContext): Features;
  /** Transformers only. */
  readonly tokens?: TokenReader;
}

/** The head between encoder and loss: dense layers with batch norm. */
export interface Projector {
  readonly name: string;
  readonly params: readonly ParamSpec[];
  readonly inDim: number;
  readonly outDim: number;
  /** `[n, inDim]` to `[n, outDim]`. */
  forward(params: Params, x: tf.Tensor, context: ForwardContext): tf.Tensor2D;
}
