// Vision transformers with timm's parameter names and shapes. Not timm's options: no register tokens, layer scale or
// classifier. With `pooling: "mean"` it is timm's `class_token=False, global_pool="avg"` (mean of patches, then
// `fc_norm`). Deviation from an ordinary forward pass, without effect on values: the last block computes the class
// token alone when nothing else is read.
import { expectShape, LejepaError } from "@lejepa/contracts";
import { layerNorm, linear } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { checkOptions, fraction, integer, invalid, oneOf, type Rule, withDefaults } from "./_options.ts";
import { layer, normParams, param, parameter, torchUniform, zeros } from "./_params.ts";
import { block, epsilon, firstToken } from "./_vit-block.ts";
import type { Encoder, Features, ForwardContext, InitSpec, Params, ParamSpec } from "./contract.ts";
import { type Grid, resamplePositions } from "./position-embedding.ts";

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
}

type Settings = { readonly [K in keyof VitOptions]-?: Exclude<VitOptions[K], undefined> };

const rules: Readonly<Record<keyof VitOptions, Rule>> = {
  imageSize: integer(1),
  patchSize: integer(1),
  channels: integer(1),
  dropPath: fraction,
  pooling: oneOf("cls", "mean"),
  dim: integer(1),
  depth: integer(1),
  heads: integer(1),
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
  const defaults = { imageSize: 224, patchSize: 16, channels: 3, dropPath: 0, pooling: "cls", ...sizes[name] } as const;
  const settings = withDefaults<Settings>(defaults, options);
  checkSettings(name, settings);
  const { dim, depth, channels } = settings;
  return {
    name,
    params: specs(settings),
    channels,
    featureDim: dim,
    probeDim: dim * Math.min(2, depth),
    noiseCount: settings.dropPath > 0 ? 2 * (depth - 1) : 0,
    forward: (params, x, context) => forward(name, settings, { params, x, context }),
  };
}

function checkSettings(name: string, { dim, heads, imageSize, patchSize }: Settings): void {
  if (dim % heads !== 0) throw invalid(name, `dim divisible by heads`, `${dim} and ${heads}`);
  if (imageSize % patchSize === 0) return;
  throw invalid(name, "imageSize divisible by patchSize", `${imageSize} and ${patchSize}`);
}

// timm's `weight_init=''`: normal 0.02 for dense weights and positions (its truncation at +-2 is 100 standard
// deviations out), 1e-6 for the class token, PyTorch's default for the patch convolution
function specs({ dim, depth, channels, imageSize, patchSize, pooling }: Settings): ParamSpec[] {
  const classTokens = pooling === "cls" ? 1 : 0;
  const small: InitSpec = { type: "normal", std: 0.02 };
  const patch = torchUniform(channels * patchSize * patchSize);
  const dense = (name: string, out: number, fanIn: number): ParamSpec[] => [
    parameter(`${name}.weight`, [out, fanIn], small, true),
    parameter(`${name}.bias`, [out], zeros, false),
  ];
  const blockSpecs = (name: string): ParamSpec[] => [
    ...normParams(`${name}.norm1`, dim),
    ...dense(`${name}.attn.qkv`, 3 * dim, dim),
    ...dense(`${name}.attn.proj`, dim, dim),
    ...normParams(`${name}.norm2`, dim),
    ...dense(`${name}.mlp.fc1`, 4 * dim, dim),
    ...dense(`${name}.mlp.fc2`, dim, 4 * dim),
  ];
  return [
    ...(classTokens === 1 ? [parameter("cls_token", [1, 1, dim], { type: "normal", std: 1e-6 }, false)] : []),
    parameter("pos_embed", [1, classTokens + (imageSize / patchSize) ** 2, dim], small, false),
    parameter("patch_embed.proj.weight", [dim, channels, patchSize, patchSize], patch, true),
    parameter("patch_embed.proj.bias", [dim], patch, false),
    ...Array.from({ length: depth }, (_, i) => blockSpecs(`blocks.${i}`)).flat(),
    ...normParams(finalNorm(pooling), dim),
  ];
}

const finalNorm = (pooling: "cls" | "mean"): string => (pooling === "cls" ? "norm" : "fc_norm");

interface Call {
  readonly params: Params;
  readonly x: tf.Tensor;
  readonly context: ForwardContext;
}

function forward(name: string, settings: Settings, { params, x, context }: Call): Features {
  const { depth, heads, pooling, dim } = settings;
  let tokens = embed(name, settings, params, x);
  const b = x.shape[0] as number;
  const factors = dropFactors(name, settings, b, context);
  const pooled: tf.Tensor[] = [];
  for (let i = 0; i < depth; i++) {
    const classOnly = pooling === "cls" && i === depth - 1;
    tokens = block(params, `blocks.${i}`, tokens, { heads, classOnly, factors: factors[i] });
    if (i < depth - 2) continue;
    pooled.push(pooling === "cls" ? tf.reshape(firstToken(tokens), [b, dim]) : tf.mean(tokens, 1));
  }
  const { weight, bias } = layer(params, finalNorm(pooling));
  const normed = layerNorm(pooled.at(-1) as tf.Tensor, { epsilon });
  const embedding = tf.add(tf.mul(normed, weight), bias);
  return { embedding: embedding as tf.Tensor2D, probe: tf.concat(pooled, 1) as tf.Tensor2D };
}

/** Patches through their projection, with positions and class token: `[b, n, dim]`. */
function embed(name: string, settings: Settings, params: Params, x: tf.Tensor): tf.Tensor {
  const { dim, channels: c, patchSize: k, imageSize, pooling } = settings;
  const [gh, gw] = patchGrid(name, settings, x);
  const b = x.shape[0] as number;
  const rows = tf.transpose(tf.reshape(x, [b, c, gh, k, gw, k]), [0, 2, 4, 1, 3, 5]);
  const weight = tf.reshape(param(params, "patch_embed.proj.weight"), [dim, c * k * k]);
  const patches = linear(tf.reshape(rows, [b, gh * gw, c * k * k]), weight);
  const side = imageSize / k;
  const table = tf.reshape(param(params, "pos_embed"), [-1, dim]);
  const [classPosition, patchTable] = splitTable(table, pooling, side * side);
  // positions and the projection's bias are one addition
  const positions = tf.add(
    resamplePositions(patchTable, [side, side], [gh, gw]),
    param(params, "patch_embed.proj.bias"),
  );
  const placed = tf.add(patches, positions);
  if (classPosition === undefined) return placed;
  const classToken = tf.add(tf.reshape(param(params, "cls_token"), [1, dim]), classPosition);
  return tf.concat([tf.tile(tf.reshape(classToken, [1, 1, dim]), [b, 1, 1]), placed], 1);
}

function splitTable(table: tf.Tensor, pooling: "cls" | "mean", patches: number): [tf.Tensor | undefined, tf.Tensor] {
  if (pooling === "mean") return [undefined, table];
  return tf.split(table, [1, patches], 0) as [tf.Tensor, tf.Tensor];
}

function patchGrid(name: string, { channels, patchSize }: Settings, x: tf.Tensor): Grid {
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
  { dropPath, depth }: Settings,
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
