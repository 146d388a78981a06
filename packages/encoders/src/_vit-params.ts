// The tensors of a ViT and what becomes of an image before the first block. Not the blocks.
import { linear } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { normParams, param, parameter, torchUniform, zeros } from "./_params.ts";
import type { InitSpec, Params, ParamSpec } from "./contract.ts";
import { type Grid, resamplePositions } from "./position-embedding.ts";
import type { VitOptions } from "./vit.ts";

/** All options, with their defaults. */
export type VitSettings = { readonly [K in keyof VitOptions]-?: Exclude<VitOptions[K], undefined> };

/** timm's name of the norm after the last block. */
export const finalNorm = (pooling: "cls" | "mean"): string => (pooling === "cls" ? "norm" : "fc_norm");

// timm's `weight_init=''`: normal 0.02 for dense weights and positions (its truncation at +-2 is 100 standard
// deviations out), 1e-6 for class and register tokens, PyTorch's default for the patch convolution
const small: InitSpec = { type: "normal", std: 0.02 };
const tiny: InitSpec = { type: "normal", std: 1e-6 };

/** Specifications of all tensors, in timm's order. */
export function vitParams(settings: VitSettings): ParamSpec[] {
  const { dim, depth, channels, imageSize, patchSize, pooling, registers, positions } = settings;
  const classTokens = pooling === "cls" ? 1 : 0;
  const patch = torchUniform(channels * patchSize * patchSize);
  const places = classTokens + (imageSize / patchSize) ** 2;
  return [
    ...(classTokens === 1 ? [parameter("cls_token", [1, 1, dim], tiny, false)] : []),
    ...(registers > 0 ? [parameter("reg_token", [1, registers, dim], tiny, false)] : []),
    ...(positions === "learnt" ? [parameter("pos_embed", [1, places, dim], small, false)] : []),
    parameter("patch_embed.proj.weight", [dim, channels, patchSize, patchSize], patch, true),
    parameter("patch_embed.proj.bias", [dim], patch, false),
    ...Array.from({ length: depth }, (_, i) => blockParams(settings, `blocks.${i}`)).flat(),
    ...normParams(finalNorm(pooling), dim),
  ];
}

function blockParams({ dim, hidden, mlp, layerScale }: VitSettings, name: string): ParamSpec[] {
  const dense = (layer: string, out: number, fanIn: number): ParamSpec[] => [
    parameter(`${name}.${layer}.weight`, [out, fanIn], small, true),
    parameter(`${name}.${layer}.bias`, [out], zeros, false),
  ];
  const scale = (layer: string): ParamSpec[] =>
    layerScale === 0
      ? []
      : [parameter(`${name}.${layer}.gamma`, [dim], { type: "constant", value: layerScale }, false)];
  return [
    ...normParams(`${name}.norm1`, dim),
    ...dense("attn.qkv", 3 * dim, dim),
    ...dense("attn.proj", dim, dim),
    ...scale("ls1"),
    ...normParams(`${name}.norm2`, dim),
    ...dense("mlp.fc1", mlp === "swiglu" ? 2 * hidden : hidden, dim),
    ...dense("mlp.fc2", dim, hidden),
    ...scale("ls2"),
  ];
}

/** Patches through their projection, with class token, registers and learnt positions: `[b, n, dim]`. */
export function embedPatches(
  settings: VitSettings,
  params: Params,
  { x, grid: [gh, gw] }: { readonly x: tf.Tensor; readonly grid: Grid },
): tf.Tensor {
  const { dim, channels: c, patchSize: k, pooling, registers, positions } = settings;
  const b = x.shape[0] as number;
  const rows = tf.transpose(tf.reshape(x, [b, c, gh, k, gw, k]), [0, 2, 4, 1, 3, 5]);
  const weight = tf.reshape(param(params, "patch_embed.proj.weight"), [dim, c * k * k]);
  const patches = linear(tf.reshape(rows, [b, gh * gw, c * k * k]), weight);
  const bias = param(params, "patch_embed.proj.bias");
  const [classPosition, table] = positions === "learnt" ? placeTable(settings, params, [gh, gw]) : [];
  // positions and the projection's bias are one addition
  const placed = tf.add(patches, table === undefined ? bias : tf.add(table, bias));
  const prefix: tf.Tensor[] = [];
  if (pooling === "cls") {
    const token = tf.reshape(param(params, "cls_token"), [1, dim]);
    prefix.push(classPosition === undefined ? token : tf.add(token, classPosition));
  }
  if (registers > 0) prefix.push(tf.reshape(param(params, "reg_token"), [registers, dim]));
  const repeated = prefix.map((token) => tf.tile(tf.reshape(token, [1, -1, dim]), [b, 1, 1]));
  return repeated.length === 0 ? placed : tf.concat([...repeated, placed], 1);
}

/** Position of the class token `[1, dim]`, if there is one, and of the patches `[n, dim]`. */
function placeTable(
  { dim, imageSize, patchSize, pooling, resampling }: VitSettings,
  params: Params,
  grid: Grid,
): [tf.Tensor | undefined, tf.Tensor] {
  const side = imageSize / patchSize;
  const table = tf.reshape(param(params, "pos_embed"), [-1, dim]);
  const [first, patches] =
    pooling === "mean" ? [undefined, table] : (tf.split(table, [1, side * side], 0) as [tf.Tensor, tf.Tensor]);
  return [first, resamplePositions(patches, [side, side], { to: grid, resampling })];
}
