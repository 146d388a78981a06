// Vision transformers with timm's parameter names and shapes, and the options of DINOv2 and DINOv3 (register tokens, layer
// scale, gated MLP, rotary positions). No classifier, no mask token. With `pooling: "mean"` it is timm's
// `class_token=False, global_pool="avg"` (mean of patches, then `fc_norm`). Deviation from an ordinary forward pass, without
// effect on values: the last block computes the class token alone when nothing else is read.
import { expectShape, LejepaError } from "@lejepa/contracts";
import { layerNorm } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { checkOptions, fraction, integer, invalid, oneOf, type Rule, withDefaults } from "./_options.ts";
import { layer } from "./_params.ts";
import { block, type BlockSettings, firstToken } from "./_vit-block.ts";
import { embedPatches, finalNorm, vitParams, type VitSettings } from "./_vit-params.ts";
import { rotaryTables } from "./_vit-rotary.ts";
import type { BlockTokens, Encoder, Features, ForwardContext, Params } from "./contract.ts";
import type { Grid, Resampling } from "./position-embedding.ts";

const sizes = {
  vit_nano: { dim: 128, depth: 6, heads: 4 },
  vit_tiny: { dim: 192, depth: 12, heads: 3 },
  vit_small: { dim: 384, depth: 12, heads: 6 },
  vit_base: { dim: 768, depth: 12, heads: 12 },
  vit_large: { dim: 1024, depth: 24, heads: 16 },
} as const;

/** Names of the built-in sizes. */
export type VitName = keyof typeof sizes;

/** All {@link VitName}s. */
export const vitNames: readonly VitName[] = Object.freeze(Object.keys(sizes) as VitName[]);

/** Options of a ViT. */
export interface VitOptions {
  /** Height and width for which position embeddings are kept, pixels; other sizes interpolate. Default 224. */
  readonly imageSize?: number | undefined;
  /** Height and width of a patch, pixels. Default 16. */
  readonly patchSize?: number | undefined;
  /** Input channels. Default 3. */
  readonly channels?: number | undefined;
  /** Drop path rate of the last block, rising linearly from 0 in the first (Huang et al. 2016). Default 0. */
  readonly dropPath?: number | undefined;
  /** `cls`: the class token; `mean`: no class token, the mean of the patches. Default `cls`. */
  readonly pooling?: "cls" | "mean" | undefined;
  /** Width of the tokens; default by name. */
  readonly dim?: number | undefined;
  /** Number of blocks; default by name. */
  readonly depth?: number | undefined;
  /** Attention heads; default by name. */
  readonly heads?: number | undefined;
  /** Register tokens between class token and patches, without positions (Darcet et al. 2024). Default 0. */
  readonly registers?: number | undefined;
  /** Initial factor of each branch, per channel (Touvron et al. 2021); 0: no layer scale. Default 0. */
  readonly layerScale?: number | undefined;
  /** `swiglu`: `silu(x V) * (x W)` in place of `gelu(x W)` (Shazeer 2020). Default `gelu`. */
  readonly mlp?: "gelu" | "swiglu" | undefined;
  /** Width inside the MLP; default 4 times `dim`. */
  readonly hidden?: number | undefined;
  /** `rotary`: queries and keys of patches turned by their place (Su et al. 2021), no table. Default `learnt`. */
  readonly positions?: "learnt" | "rotary" | undefined;
  /** Base of the rotary frequencies. Default 100. */
  readonly rotaryBase?: number | undefined;
  /** How learnt positions are brought to another grid. Default `antialias`. */
  readonly resampling?: Resampling | undefined;
  /** Of all layer norms. Default 1e-6. */
  readonly epsilon?: number | undefined;
}

const rules: Readonly<Record<keyof VitOptions, Rule>> = {
  imageSize: integer(1),
  patchSize: integer(1),
  channels: integer(1),
  dropPath: fraction,
  pooling: oneOf("cls", "mean"),
  dim: integer(1),
  depth: integer(1),
  heads: integer(1),
  registers: integer(0),
  layerScale: fraction,
  mlp: oneOf("gelu", "swiglu"),
  hidden: integer(1),
  positions: oneOf("learnt", "rotary"),
  rotaryBase: integer(1),
  resampling: oneOf("antialias", "plain"),
  epsilon: fraction,
};

/**
 * A vision transformer (Dosovitskiy et al. 2021): pre-norm, MLP ratio 4, learnt position embeddings.
 *
 * `embedding` is the normalised class token (or mean patch), `probe` the class tokens (mean patches) that leave the last
 * two blocks, before the final norm.
 *
 * @throws LejepaError E_CONFIG for unknown, wrong or inconsistent options
 */
export function createVit(name: VitName, options: VitOptions = {}): Encoder {
  checkOptions(name, options, rules);
  const chosen = withDefaults<VitSettings>({ ...defaults, ...sizes[name], hidden: 0 }, options);
  const settings = { ...chosen, hidden: chosen.hidden === 0 ? 4 * chosen.dim : chosen.hidden };
  checkSettings(name, settings);
  const { dim, depth, channels } = settings;
  return {
    name,
    params: vitParams(settings),
    channels,
    featureDim: dim,
    probeDim: dim * Math.min(2, depth),
    noiseCount: settings.dropPath > 0 ? 2 * (depth - 1) : 0,
    forward: (params, x, context) => forward(name, settings, { params, x, context }),
    tokens: {
      depth,
      classToken: settings.pooling === "cls",
      read: (params, x, k) => readTokens(name, settings, { params, x, k }),
      patches: (params, x) => readPatches(name, settings, { params, x }),
    },
  };
}

const defaults = {
  imageSize: 224,
  patchSize: 16,
  channels: 3,
  dropPath: 0,
  pooling: "cls",
  registers: 0,
  layerScale: 0,
  mlp: "gelu",
  positions: "learnt",
  rotaryBase: 100,
  resampling: "antialias",
  epsilon: 1e-6,
} as const;

function checkSettings(name: string, { dim, heads, imageSize, patchSize, positions }: VitSettings): void {
  if (dim % heads !== 0) throw invalid(name, `dim divisible by heads`, `${dim} and ${heads}`);
  if (positions === "rotary" && (dim / heads) % 4 !== 0) {
    throw invalid(name, "a width of each head divisible by 4 for rotary positions", `${dim / heads}`);
  }
  if (imageSize % patchSize === 0) return;
  throw invalid(name, "imageSize divisible by patchSize", `${imageSize} and ${patchSize}`);
}

interface Call {
  readonly params: Params;
  readonly x: tf.Tensor;
  readonly context: ForwardContext;
}

function forward(name: string, settings: VitSettings, { params, x, context }: Call): Features {
  const { depth, pooling, dim } = settings;
  const b = x.shape[0] as number;
  const { blockSettings, prefix, ...start } = begin(name, settings, { params, x });
  let tokens = start.tokens;
  const factors = dropFactors(name, settings, b, context);
  const pooled: tf.Tensor[] = [];
  for (let i = 0; i < depth; i++) {
    const classOnly = pooling === "cls" && i === depth - 1;
    tokens = block(params, `blocks.${i}`, tokens, { ...blockSettings, classOnly, factors: factors[i] });
    if (i < depth - 2) continue;
    pooled.push(pooling === "cls" ? tf.reshape(firstToken(tokens), [b, dim]) : tf.mean(patchesOf(tokens, prefix), 1));
  }
  const embedding = lastNorm(params, settings, pooled.at(-1) as tf.Tensor);
  return { embedding: embedding as tf.Tensor2D, probe: tf.concat(pooled, 1) as tf.Tensor2D };
}

/** Class tokens and mean patches of the last `k` blocks, each through the final norm (DINOv2's intermediate layers). */
function readTokens(
  name: string,
  settings: VitSettings,
  { params, x, k }: { readonly params: Params; readonly x: tf.Tensor; readonly k: number },
): BlockTokens[] {
  const { depth, pooling, dim } = settings;
  const b = x.shape[0] as number;
  const { blockSettings, prefix, ...start } = begin(name, settings, { params, x });
  let tokens = start.tokens;
  const read: BlockTokens[] = [];
  for (let i = 0; i < depth; i++) {
    tokens = block(params, `blocks.${i}`, tokens, { ...blockSettings, classOnly: false });
    if (i < depth - k) continue;
    const patches = patchesOf(tokens, prefix);
    if (pooling === "cls") {
      const classToken = lastNorm(params, settings, tf.reshape(firstToken(tokens), [b, dim])) as tf.Tensor2D;
      read.push({ classToken, patch: tf.mean(lastNorm(params, settings, patches), 1) as tf.Tensor2D });
    } else {
      read.push({ patch: lastNorm(params, settings, tf.mean(patches, 1)) as tf.Tensor2D });
    }
  }
  return read;
}

/** Patch tokens that leave the last block, through the final norm (DINOv2's dense features). */
function readPatches(name: string, settings: VitSettings, { params, x }: Pick<Call, "params" | "x">): tf.Tensor3D {
  const { blockSettings, prefix, ...start } = begin(name, settings, { params, x });
  let tokens = start.tokens;
  for (let i = 0; i < settings.depth; i++)
    tokens = block(params, `blocks.${i}`, tokens, { ...blockSettings, classOnly: false });
  return lastNorm(params, settings, patchesOf(tokens, prefix)) as tf.Tensor3D;
}

function begin(
  name: string,
  settings: VitSettings,
  { params, x }: Pick<Call, "params" | "x">,
): { readonly tokens: tf.Tensor; readonly prefix: number; readonly blockSettings: BlockSettings } {
  const { heads, mlp, epsilon, layerScale, pooling, registers } = settings;
  const grid = patchGrid(name, settings, x);
  const prefix = (pooling === "cls" ? 1 : 0) + registers;
  const rotary = settings.positions === "rotary" ? rotaryTables(settings, { grid, prefix }) : undefined;
  const blockSettings = { heads, mlp, epsilon, scaled: layerScale > 0, rotary };
  return { tokens: embedPatches(settings, params, { x, grid }), prefix, blockSettings };
}

function lastNorm(params: Params, { pooling, epsilon }: VitSettings, x: tf.Tensor): tf.Tensor {
  const { weight, bias } = layer(params, finalNorm(pooling));
  return tf.add(tf.mul(layerNorm(x, { epsilon }), weight), bias);
}

function patchesOf(tokens: tf.Tensor, prefix: number): tf.Tensor {
  const [b = 0, n = 0, d = 0] = tokens.shape;
  return prefix === 0 ? tokens : tf.slice(tokens, [0, prefix, 0], [b, n - prefix, d]);
}

function patchGrid(name: string, { channels, patchSize }: VitSettings, x: tf.Tensor): Grid {
  expectShape(name, "x", x, [null, channels, null, null]);
  const [, , height = 0, width = 0] = x.shape;
  if (height > 0 && width > 0 && height % patchSize === 0 && width % patchSize === 0) {
    return [height / patchSize, width / patchSize];
  }
  throw new LejepaError({
    code: "E_SHAPE",
    where: name,
    expected: `height and width as multiples of the patch size ${patchSize}`,
    got: `${height} x ${width}`,
    hint: "Choose view sizes that are whole patches.",
  });
}

/** For each block the factors of its two branches: 0, or 1 / keep so that the mean stays; none where nothing drops. */
function dropFactors(
  name: string,
  { dropPath, depth }: VitSettings,
  b: number,
  { training, noise }: ForwardContext,
): readonly (readonly [tf.Tensor, tf.Tensor] | undefined)[] {
  if (!training || dropPath === 0 || depth === 1) return [];
  expectShape(name, "noise", noise ?? { shape: [] }, [2 * (depth - 1), b]);
  const rows = tf.split(noise as tf.Tensor, 2 * (depth - 1), 0);
  return Array.from({ length: depth }, (_, i) => {
    if (i === 0) return undefined;
    const keep = 1 - (dropPath * i) / (depth - 1);
    const factor = (row: tf.Tensor): tf.Tensor => tf.reshape(tf.mul(tf.floor(tf.add(row, keep)), 1 / keep), [b, 1, 1]);
    return [factor(rows[2 * i - 2] as tf.Tensor), factor(rows[2 * i - 1] as tf.Tensor)] as const;
  });
}
