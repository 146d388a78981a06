// DINOv2 and DINOv3 weights (safetensors of timm, transformers or the authors) run by our own ViT.
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { createEncoder, dinoWeights, selectWeights } from "@lejepa/encoders";
import { readTensorFile } from "./checkpoint.ts";
import { openFrozen } from "./frozen-encoder.ts";
import { imagenet, type ModelSettings, readModelFiles } from "./model-settings.ts";
import { fileDigest, type OpenContext } from "./open-context.ts";
import type { OpenedEncoder } from "./opened-encoder.ts";

/** What is known of weights besides their file. */
export interface WeightFacts {
  readonly name?: string | undefined;
  readonly licence?: string | undefined;
}

/** The network's input when nobody says: that of the published linear probes, in whole patches. */
const usualSize = 224;

/**
 * Opens a safetensors file of a DINOv2 or DINOv3 ViT, or the folder that it is in.
 *
 * @throws LejepaError E_CHECKPOINT when the file is none, E_CONFIG when the size is not of whole patches
 */
export async function openDino(
  path: string,
  { settings = {}, facts = {} }: { readonly settings?: ModelSettings; readonly facts?: WeightFacts },
  context: OpenContext,
): Promise<OpenedEncoder> {
  const file = weightsFile(path);
  const files = readModelFiles(dirname(file));
  const { spec, tensors, family, style } = dinoWeights(readTensorFile(file), { where: file, facts: files });
  const encoder = createEncoder(spec.name, spec.options);
  const values = selectWeights(encoder.params, tensors, { where: file });
  const { patchSize = 14, registers = 0 } = spec.options;
  const size = settings.size ?? files.size ?? Math.floor(usualSize / patchSize) * patchSize;
  if (size % patchSize !== 0) {
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${basename(file)}: size`,
      expected: `whole patches of ${patchSize} pixels`,
      got: String(size),
      hint: `Say size=${Math.max(1, Math.round(size / patchSize)) * patchSize}.`,
    });
  }
  const mean = settings.mean ?? files.mean ?? imagenet.mean;
  const std = settings.std ?? files.std ?? imagenet.std;
  const interpolation = settings.resample ?? files.resample ?? "bicubic";
  const told = settings.mean ?? files.mean;
  const notes = [
    `weights: ${family}, names of ${style}, ${registers} registers, positions ${family === "dinov3" ? "rotary" : `resampled (${spec.options.resampling})`}`,
    `mean and std: ${told === undefined ? "ImageNet's, nothing else was said" : `${mean.join(", ")} and ${std.join(", ")}`}`,
  ];
  const name = facts.name ?? basename(resolve(path)).replace(/\.safetensors$/, "");
  const weights = await fileDigest(file);
  return openFrozen(
    { encoder, values, mean, std, size, interpolation },
    {
      name,
      kind: "dino",
      weights: `${weights} ${JSON.stringify(spec)}`,
      licence: facts.licence,
      notes,
      spec: { ...spec, options: { ...spec.options } },
    },
    context,
  );
}

function weightsFile(path: string): string {
  if (!statSync(path).isDirectory()) return path;
  const usual = join(path, "model.safetensors");
  if (existsSync(usual)) return usual;
  const others = readdirSync(path).filter((name) => name.endsWith(".safetensors"));
  if (others.length === 1) return join(path, others[0] as string);
  throw new LejepaError({
    code: "E_CHECKPOINT",
    where: path,
    expected: "one .safetensors file",
    got: others.length === 0 ? "none" : others.join(", "),
    hint: "Name the file itself.",
  });
}
