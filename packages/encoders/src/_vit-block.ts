// One pre-norm transformer block, written for speed: every pass over activations that can be a pass over weights is
// one. Equal in exact arithmetic to timm's Block, with layer scale (folded into the projections before it), gated MLP and
// rotary positions where asked for.
import { attention, float32, gelu, layerNorm, layerNormLinear, linear, multiHeadAttention } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { layer, param } from "./_params.ts";
import { type RotaryTables, turn } from "./_vit-rotary.ts";
import type { Params } from "./contract.ts";

/** What all blocks of a model have in common. */
export interface BlockSettings {
  readonly heads: number;
  readonly mlp: "gelu" | "swiglu";
  /** Of the layer norms. */
  readonly epsilon: number;
  /** Whether the branches have a layer scale. */
  readonly scaled: boolean;
  readonly rotary?: RotaryTables | undefined;
}

/** Settings of one block in one forward pass. */
export interface BlockOptions extends BlockSettings {
  /** Only the class token goes on: the last block of a ViT whose pooling reads nothing else. */
  readonly classOnly: boolean;
  /** Drop path: one factor per sample `[b, 1, 1]` for the attention and for the MLP branch. */
  readonly factors?: readonly [tf.Tensor, tf.Tensor] | undefined;
}

/** `[b, n, d]` to `[b, n, d]`, or to `[b, 1, d]` with `classOnly`. */
export function block(params: Params, name: string, tokens: tf.Tensor, options: BlockOptions): tf.Tensor {
  const stream = options.classOnly ? firstToken(tokens) : tokens;
  const attended = residual(stream, attend(params, name, tokens, options), options.factors?.[0]);
  return residual(attended, feedForward(params, name, attended, options), options.factors?.[1]);
}

/** The class token, `[b, 1, d]`. */
export function firstToken(tokens: tf.Tensor): tf.Tensor {
  const [b = 0, , d = 0] = tokens.shape;
  return tf.slice(tokens, [0, 0, 0], [b, 1, d]);
}

const residual = (stream: tf.Tensor, branch: tf.Tensor, factor: tf.Tensor | undefined): tf.Tensor =>
  tf.add(stream, factor === undefined ? branch : tf.mul(branch, factor));

function feedForward(
  params: Params,
  name: string,
  tokens: tf.Tensor,
  { mlp, epsilon, scaled }: BlockOptions,
): tf.Tensor {
  const hidden = layerNormLinear(tokens, layer(params, `${name}.norm2`), layer(params, `${name}.mlp.fc1`), { epsilon });
  const { weight, bias } = outgoing(params, `${name}.mlp.fc2`, scaled ? `${name}.ls2` : undefined);
  return linear(mlp === "gelu" ? gelu(hidden) : gated(hidden), weight, bias);
}

// silu(first half) * second half
function gated(hidden: tf.Tensor): tf.Tensor {
  const [gate, value] = tf.split(hidden, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.mul(tf.mul(gate, tf.sigmoid(gate)), value);
}

/** The last layer of a branch, its outputs scaled: `s (x Wᵀ + b) = x (s W)ᵀ + s b`. */
function outgoing(params: Params, name: string, scale: string | undefined): Layer {
  const dense = layer(params, name);
  if (scale === undefined) return dense;
  const gamma = param(params, `${scale}.gamma`);
  return { weight: tf.mul(dense.weight, tf.reshape(gamma, [-1, 1])), bias: tf.mul(dense.bias, gamma) };
}

// Softmax ignores what is added to all keys, so keys need no bias (a rotated key's would not cancel: `rotary` keeps it);
// attention weights sum to 1, so the values' bias passes through unchanged and joins the output projection's.
function attend(params: Params, name: string, tokens: tf.Tensor, options: BlockOptions): tf.Tensor {
  const { heads, classOnly, epsilon, rotary } = options;
  const folded = foldNorm(layer(params, `${name}.norm1`), layer(params, `${name}.attn.qkv`));
  const [wq, wk, wv] = tf.split(folded.weight, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const [bq, bk, bv] = tf.split(folded.bias, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scale = Math.sqrt(heads / (tokens.shape[2] as number));
  const query = { weight: tf.mul(wq, scale), bias: tf.mul(bq, scale) };
  const normed = layerNorm(tokens, { epsilon });
  const out = outgoing(params, `${name}.attn.proj`, options.scaled ? `${name}.ls1` : undefined);
  const bias = tf.add(out.bias, matVec(out.weight, bv));
  if (!classOnly && rotary === undefined) {
    const weights = { qkv: tf.concat([query.weight, wk, wv], 0), queryBias: query.bias, out: out.weight };
    return tf.add(multiHeadAttention(normed, weights, heads), bias);
  }
  const keys = toHeads(linear(normed, wk, rotary && bk), heads);
  // the class token does not turn
  const queries = toHeads(linear(classOnly ? firstToken(normed) : normed, query.weight, query.bias), heads);
  const mixed = attention(
    rotary === undefined || classOnly ? queries : turn(queries, rotary),
    rotary === undefined ? keys : turn(keys, rotary),
    toHeads(linear(normed, wv), heads),
    { scale: 1 },
  );
  return linear(fromHeads(mixed), out.weight, bias);
}

type Layer = ReturnType<typeof layer>;

// (x̂ g + b) Wᵀ + c = x̂ (W g)ᵀ + (W b + c)
function foldNorm(norm: Layer, dense: Layer): Layer {
  return {
    weight: tf.mul(dense.weight, tf.reshape(norm.weight, [1, -1])),
    bias: tf.add(dense.bias, matVec(dense.weight, norm.bias)),
  };
}

// products of weights alone stay float32: they cost nothing
const matVec = (matrix: tf.Tensor, vector: tf.Tensor): tf.Tensor =>
  tf.reshape(
    float32(() => tf.matMul(matrix as tf.Tensor2D, tf.reshape(vector, [-1, 1]))),
    [-1],
  );

/** `[b, n, heads * k]` to `[b, heads, n, k]`. */
function toHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [b = 0, n = 0, d = 0] = x.shape;
  return tf.transpose(tf.reshape(x, [b, n, heads, d / heads]), [0, 2, 1, 3]);
}

/** `[b, heads, n, k]` to `[b, n, heads * k]`. */
function fromHeads(x: tf.Tensor): tf.Tensor {
  const [b = 0, heads = 0, n = 0, k = 0] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [b, n, heads * k]);
}
