// How a model wants its images: what a user says (FILE?size=224&mean=...), what the preprocessor_config.json and config.json
// beside it say, in that order. Not what the graph itself says (onnx-ports.ts).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LejepaError, nearest } from "@lejepa/contracts";
import * as z from "zod";

/** What a user may say of a model after a question mark. */
export interface ModelSettings {
  readonly size?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly layout?: "nchw" | "nhwc" | undefined;
  readonly output?: string | undefined;
  /** Which tokens are the embedding, of an output of tokens. */
  readonly tokens?: "cls" | "mean" | undefined;
  /** Tokens before the patches: class token and registers. */
  readonly prefix?: number | undefined;
  readonly resample?: "bilinear" | "bicubic" | undefined;
}

const numbers = z
  .string()
  .regex(/^-?[\d.]+(?:e-?\d+)?(?:,-?[\d.]+(?:e-?\d+)?)*$/)
  .transform((text) => text.split(",").map(Number));
const whole = (least: number): z.ZodType<number, string> =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(least)) as z.ZodType<number, string>;

const settingsSchema = z.strictObject({
  size: whole(1).optional(),
  mean: numbers.optional(),
  std: numbers.optional(),
  layout: z.enum(["nchw", "nhwc"]).optional(),
  output: z.string().min(1).optional(),
  tokens: z.enum(["cls", "mean"]).optional(),
  prefix: whole(0).optional(),
  resample: z.enum(["bilinear", "bicubic"]).optional(),
});

/**
 * Splits `FILE?key=value&key=value`.
 *
 * @throws LejepaError E_USAGE for an unknown setting or a wrong value
 */
export function splitReference(reference: string): { readonly path: string; readonly settings: ModelSettings } {
  const mark = reference.indexOf("?");
  if (mark < 0) return { path: reference, settings: {} };
  const given = Object.fromEntries(new URLSearchParams(reference.slice(mark + 1)));
  const known = Object.keys(settingsSchema.shape);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  const where = `settings of ${reference.slice(0, mark)}`;
  if (unknown !== undefined) {
    const similar = nearest(unknown, known);
    const hint = similar && `Did you mean ${similar}?`;
    throw new LejepaError({ code: "E_USAGE", where, expected: `settings ${known.join(", ")}`, got: unknown, hint });
  }
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return { path: reference.slice(0, mark), settings: parsed.data };
  const key = String(parsed.error.issues[0]?.path[0]);
  throw new LejepaError({
    code: "E_USAGE",
    where: `${where}: ${key}`,
    expected: expectations[key as keyof ModelSettings],
    got: given[key] ?? "none",
  });
}

const expectations: Readonly<Record<keyof ModelSettings, string>> = {
  size: "pixels, e.g. size=224",
  mean: "numbers between black (0) and white (1), e.g. mean=0.485,0.456,0.406",
  std: "numbers, e.g. std=0.229,0.224,0.225",
  layout: "nchw or nhwc",
  output: "the name of an output",
  tokens: "cls or mean",
  prefix: "the number of tokens before the patches",
  resample: "bilinear or bicubic",
};

/** What preprocessor_config.json and config.json say. */
export interface ModelFiles {
  readonly size?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly resample?: "bilinear" | "bicubic" | undefined;
  readonly heads?: number | undefined;
  readonly epsilon?: number | undefined;
  readonly rotaryBase?: number | undefined;
  readonly registers?: number | undefined;
  /** Digest-worthy: whether anything was found. */
  readonly found: readonly string[];
}

const side = z.union([
  z.number(),
  z.object({ height: z.number(), width: z.number() }).transform(({ height }) => height),
  z.object({ shortest_edge: z.number() }).transform(({ shortest_edge: edge }) => edge),
]);

const preprocessorSchema = z.object({
  do_center_crop: z.boolean().nullish(),
  do_normalize: z.boolean().nullish(),
  size: side.nullish(),
  crop_size: side.nullish(),
  image_mean: z.union([z.number().transform((value) => [value, value, value]), z.array(z.number())]).nullish(),
  image_std: z.union([z.number().transform((value) => [value, value, value]), z.array(z.number())]).nullish(),
  rescale_factor: z.number().nullish(),
  do_rescale: z.boolean().nullish(),
  resample: z.number().int().nullish(),
});

const configSchema = z.object({
  num_attention_heads: z.number().int().positive().nullish(),
  layer_norm_eps: z.number().positive().nullish(),
  rope_theta: z.number().positive().nullish(),
  num_register_tokens: z.number().int().nullish(),
  // timm's
  pretrained_cfg: z.object({ mean: z.array(z.number()).nullish(), std: z.array(z.number()).nullish() }).nullish(),
});

/**
 * Reads the two files of transformers in a folder, as far as they are there. The margin that some models cut off after the
 * resize is kept: the whole image is resized to the size that the network takes.
 *
 * @throws LejepaError E_DATA for a file that is damaged
 */
export function readModelFiles(folder: string): ModelFiles {
  const found: string[] = [];
  const read = <T>(name: string, schema: z.ZodType<T>): T | undefined => {
    const file = join(folder, name);
    if (!existsSync(file)) return undefined;
    found.push(name);
    return parseFile(file, schema);
  };
  const images = read("preprocessor_config.json", preprocessorSchema);
  const model = read("config.json", configSchema);
  const size = (images?.do_center_crop === false ? undefined : images?.crop_size) ?? images?.size ?? undefined;
  const { mean, std } = model?.pretrained_cfg ?? {};
  return {
    ...(size !== undefined && { size }),
    ...(mean && std && { mean, std }),
    ...(images !== undefined && normalisation(images)),
    heads: model?.num_attention_heads ?? undefined,
    epsilon: model?.layer_norm_eps ?? undefined,
    rotaryBase: model?.rope_theta ?? undefined,
    registers: model?.num_register_tokens ?? undefined,
    found,
  };
}

// On the scale of the file, pixels 0 to 255 become `rescale * pixel`; ours run from 0 to 1.
function normalisation(images: z.infer<typeof preprocessorSchema>): Pick<ModelFiles, "mean" | "std" | "resample"> {
  const scale = images.do_rescale === false ? 255 : 255 * (images.rescale_factor ?? 1 / 255);
  const plain = images.do_normalize === false;
  const [mean, std] = plain
    ? [
        [0, 0, 0],
        [1, 1, 1],
      ]
    : [images.image_mean, images.image_std];
  const resample = images.resample === 3 ? "bicubic" : images.resample === 2 ? "bilinear" : undefined;
  return {
    mean: mean?.map((value) => value / scale),
    std: std?.map((value) => value / scale),
    resample,
  };
}

function parseFile<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new LejepaError({ code: "E_DATA", where: file, problem: "is no JSON", hint: "It may be cut off.", cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LejepaError({
    code: "E_DATA",
    where: file,
    problem: z.prettifyError(parsed.error).split("\n")[0] ?? "is not as expected",
    cause: parsed.error,
  });
}

/** ImageNet's, for models that say nothing. */
export const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
