// DINOv2 and DINOv3 checkpoints as our own ViT: recognises the published key styles and reads the architecture off the shapes.
// Not a download and not a guess: a file that is none of these is refused. Styles: `timm`, `hf` (transformers), `original`
// (the authors' files). The mask token is not used and left aside.
import { LejepaError } from "@lejepa/contracts";
import type { StoredTensor } from "./safetensors.ts";
import type { VitOptions } from "./vit.ts";

/** Facts of a model that shapes do not tell, as a `config.json` beside the file gives them. */
export interface DinoFacts {
  /** Default: heads 64 wide, as in all published sizes below 7B. */
  readonly heads?: number | undefined;
  readonly epsilon?: number | undefined;
  readonly rotaryBase?: number | undefined;
}

/** A checkpoint in our names. */
export interface DinoWeights {
  readonly family: "dinov2" | "dinov3";
  readonly style: "timm" | "hf" | "original";
  /** For `createEncoder`. */
  readonly spec: { readonly name: "vit_large"; readonly options: VitOptions };
  /** All tensors of the file under timm's names of a ViT; `selectWeights` picks and checks them. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

type Tensors = ReadonlyMap<string, StoredTensor>;

// one pattern a rule; what matches none keeps its name
const hfNames: readonly (readonly [RegExp, string])[] = [
  [/^(?:model\.|dinov2\.|dinov2_with_registers\.|dinov3_vit\.)(?=embeddings|encoder|layer|norm)/, ""],
  [/^model\.(?=layer)/, ""],
  [/^embeddings\.cls_token$/, "cls_token"],
  [/^embeddings\.register_tokens$/, "reg_token"],
  [/^embeddings\.position_embeddings$/, "pos_embed"],
  [/^embeddings\.patch_embeddings\.(?:projection\.)?/, "patch_embed.proj."],
  [/^(?:encoder\.)?layer\./, "blocks."],
  [/\.attention\.attention\.(query|key|value)\./, ".attn.$1."],
  [/\.attention\.output\.dense\./, ".attn.proj."],
  [/\.attention\.q_proj\./, ".attn.query."],
  [/\.attention\.k_proj\./, ".attn.key."],
  [/\.attention\.v_proj\./, ".attn.value."],
  [/\.attention\.o_proj\./, ".attn.proj."],
  [/\.layer_scale([12])\.lambda1$/, ".ls$1.gamma"],
  [/\.mlp\.weights_in\./, ".mlp.fc1."],
  [/\.mlp\.weights_out\./, ".mlp.fc2."],
  [/^layernorm\./, "norm."],
];

const timmNames: readonly (readonly [RegExp, string])[] = [
  [/^(?:register_tokens|storage_tokens)$/, "reg_token"],
  [/\.gamma_([12])$/, ".ls$1.gamma"],
  [/\.mlp\.w12\./, ".mlp.fc1."],
];

/**
 * A DINOv2 or DINOv3 checkpoint for `createEncoder` and `selectWeights`: names mapped, separate queries, keys and values (and
 * the two halves of a gated MLP) joined, absent biases as zeros, the class token's position in the table of positions.
 *
 *     const { spec, tensors } = dinoWeights(readSafetensors(bytes).tensors);
 *     const encoder = createEncoder(spec.name, spec.options);
 *     const values = selectWeights(encoder.params, tensors);
 *
 * @param options.where named in errors: the file
 * @throws LejepaError E_CHECKPOINT when the tensors are no such ViT
 */
export function dinoWeights(
  source: Tensors,
  { where = "weights", facts = {} }: { readonly where?: string; readonly facts?: DinoFacts } = {},
): DinoWeights {
  const hf = [...source.keys()].some((name) => /(?:^|\.)embeddings\.cls_token$/.test(name));
  const renamed = rename(source, hf ? hfNames : timmNames);
  const style = hf ? "hf" : originalStyle(source, renamed) ? "original" : "timm";
  const cls = renamed.get("cls_token");
  const patch = renamed.get("patch_embed.proj.weight");
  const dim = cls?.shape[2];
  const depth = countBlocks(renamed);
  if (cls === undefined || patch?.shape.length !== 4 || dim === undefined || depth === 0) throw noVit(where, source);
  if (!renamed.has("blocks.0.ls1.gamma")) throw noVit(where, source);
  const family = renamed.has("pos_embed") ? "dinov2" : "dinov3";
  for (let i = 0; i < depth; i++) joinBlock(renamed, { name: `blocks.${i}`, dim, where });
  const registers = renamed.get("reg_token")?.shape[1] ?? 0;
  const [, channels = 3, patchSize = 14] = patch.shape;
  const side = family === "dinov2" ? placePositions(renamed, { dim, where }) : 224 / 16;
  const inner = renamed.get("blocks.0.mlp.fc2.weight")?.shape[1] ?? 0;
  const gated = renamed.get("blocks.0.mlp.fc1.weight")?.shape[0] === 2 * inner;
  const options: VitOptions = {
    imageSize: side * patchSize,
    patchSize,
    channels,
    dim,
    depth,
    heads: facts.heads ?? Math.max(1, Math.floor(dim / 64)),
    registers,
    layerScale: 1e-5,
    mlp: gated ? "swiglu" : "gelu",
    hidden: inner,
    positions: family === "dinov2" ? "learnt" : "rotary",
    rotaryBase: facts.rotaryBase ?? 100,
    // the authors' (and transformers') model without registers interpolates without antialias; timm always with
    resampling: family === "dinov2" && style !== "timm" && registers === 0 ? "plain" : "antialias",
    epsilon: facts.epsilon ?? (family === "dinov2" ? 1e-6 : 1e-5),
  };
  return { family, style, spec: { name: "vit_large", options }, tensors: renamed };
}

function rename(source: Tensors, rules: readonly (readonly [RegExp, string])[]): Map<string, StoredTensor> {
  return new Map(
    [...source].map(([name, tensor]) => [rules.reduce((text, [from, to]) => text.replace(from, to), name), tensor]),
  );
}

// timm folds the class token's position into the token where there are registers, and drops the mask token
function originalStyle(source: Tensors, renamed: Tensors): boolean {
  return source.has("mask_token") || (source.has("register_tokens") && renamed.has("reg_token"));
}

function countBlocks(tensors: Tensors): number {
  let depth = 0;
  while (tensors.has(`blocks.${depth}.norm1.weight`)) depth++;
  return depth;
}

function joinBlock(
  tensors: Map<string, StoredTensor>,
  { name, dim, where }: { readonly name: string; readonly dim: number; readonly where: string },
): void {
  const zeros = (size: number): StoredTensor => ({ dtype: "F32", shape: [size], data: new Float32Array(size) });
  const get = (key: string): StoredTensor | undefined => tensors.get(`${name}.${key}`);
  const set = (key: string, parts: readonly (StoredTensor | undefined)[], size: number): void => {
    tensors.set(`${name}.${key}`, stack(parts.map((part) => part ?? zeros(size))));
  };
  if (get("attn.qkv.weight") === undefined) {
    const weights = ["query", "key", "value"].map((part) => get(`attn.${part}.weight`));
    if (weights.includes(undefined)) throw missing(where, `${name}.attn`);
    set("attn.qkv.weight", weights, dim);
  }
  if (get("attn.qkv.bias") === undefined) {
    const bias = (part: string): StoredTensor | undefined => get(`attn.${part}.bias`) ?? get(`attn.${part[0]}_bias`);
    set("attn.qkv.bias", ["query", "key", "value"].map(bias), dim);
  }
  for (const [gate, value, out] of gatedNames) {
    const [a, b] = [get(`mlp.${gate}.weight`), get(`mlp.${value}.weight`)];
    if (a === undefined || b === undefined) continue;
    const inner = a.shape[0] as number;
    set("mlp.fc1.weight", [a, b], inner);
    set("mlp.fc1.bias", [get(`mlp.${gate}.bias`), get(`mlp.${value}.bias`)], inner);
    move(tensors, `${name}.mlp.${out}`, `${name}.mlp.fc2`);
  }
  move(tensors, `${name}.mlp.w3`, `${name}.mlp.fc2`);
  move(tensors, `${name}.mlp.up_proj`, `${name}.mlp.fc1`);
  move(tensors, `${name}.mlp.down_proj`, `${name}.mlp.fc2`);
  if (get("mlp.fc2.weight") !== undefined && get("mlp.fc2.bias") === undefined) set("mlp.fc2.bias", [undefined], dim);
}

// the gate (which silu goes through), the value and the output layer of a gated MLP: transformers, timm, the authors
const gatedNames = [
  ["gate_proj", "up_proj", "down_proj"],
  ["fc1_g", "fc1_x", "fc2"],
  ["w1", "w2", "w3"],
] as const;

function move(tensors: Map<string, StoredTensor>, from: string, to: string): void {
  for (const part of ["weight", "bias"]) {
    const tensor = tensors.get(`${from}.${part}`);
    if (tensor !== undefined && !tensors.has(`${to}.${part}`)) tensors.set(`${to}.${part}`, tensor);
  }
}

/** Tensors one below the other, along the first axis. */
function stack(parts: readonly StoredTensor[]): StoredTensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  return { dtype: "F32", shape: [rows, ...(parts[0] as StoredTensor).shape.slice(1)], data };
}

/** Gives the class token a place in the table if it has none (timm's files with registers); returns the grid's side. */
function placePositions(
  tensors: Map<string, StoredTensor>,
  { dim, where }: { readonly dim: number; readonly where: string },
): number {
  const table = tensors.get("pos_embed") as StoredTensor;
  const count = table.shape[1] ?? 0;
  const withClass = Math.sqrt(count - 1);
  if (Number.isInteger(withClass)) return withClass;
  const side = Math.sqrt(count);
  if (!Number.isInteger(side) || table.shape[2] !== dim) throw missing(where, "pos_embed of a square grid");
  const data = new Float32Array((count + 1) * dim);
  data.set(table.data, dim);
  tensors.set("pos_embed", { dtype: "F32", shape: [1, count + 1, dim], data });
  return side;
}

const missing = (where: string, what: string): LejepaError =>
  new LejepaError({
    code: "E_CHECKPOINT",
    where,
    expected: `tensors of ${what}`,
    got: "none that fit",
    hint: "The file is cut, or of another architecture.",
  });

function noVit(where: string, source: Tensors): LejepaError {
  return new LejepaError({
    code: "E_CHECKPOINT",
    where,
    expected: "the tensors of a DINOv2 or DINOv3 ViT (names of timm, transformers or the authors)",
    got: `${source.size} tensors${source.size === 0 ? "" : `, the first called ${[...source.keys()][0]}`}`,
    hint: "Other architectures can be used as ONNX files.",
  });
}
