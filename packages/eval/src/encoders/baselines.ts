// The published encoders that have names: where they are, what they are, and their licences. Facts only; nothing is fetched
// here (fetch-baseline.ts) or opened (open-encoder.ts).
import { LejepaError, nearest } from "@lejepa/contracts";

/** A published encoder. */
export interface Baseline {
  readonly name: string;
  /** On the Hugging Face hub. */
  readonly repo: string;
  /** Weights first; the others say how images are prepared and are fetched if they are there. */
  readonly files: readonly [weights: string, ...others: string[]];
  readonly licence: string;
  readonly licenceUrl: string;
  /** The hub gives it only to accounts that its owner let in. */
  readonly gated: boolean;
  /** Millions of parameters. */
  readonly megaParameters: number;
  /** What it was trained on. */
  readonly about: string;
}

const configs = ["config.json", "preprocessor_config.json"] as const;

const apache = {
  licence: "Apache-2.0",
  licenceUrl: "https://www.apache.org/licenses/LICENSE-2.0",
  gated: false,
} as const;
const dinov3Licence = {
  licence: "DINOv3 License (own terms: use, redistribution and attribution are restricted)",
  licenceUrl: "https://ai.meta.com/resources/models-and-libraries/dinov3-license/",
} as const;

const dinov2 = (name: string, repo: string, megaParameters: number): Baseline => ({
  name,
  repo: `facebook/${repo}`,
  files: ["model.safetensors", ...configs],
  ...apache,
  megaParameters,
  about: "ViT, patch 14, self-supervised on 142 M curated photos (LVD-142M)",
});

const dinov3 = (
  name: string,
  repo: string,
  { megaParameters, about }: Pick<Baseline, "megaParameters" | "about">,
): Baseline => ({
  name,
  repo: `facebook/${repo}`,
  files: ["model.safetensors", ...configs],
  ...dinov3Licence,
  gated: true,
  megaParameters,
  about,
});

const photos = "self-supervised on 1.7 G photos (LVD-1689M)";

/** Every named baseline. */
export const baselines: readonly Baseline[] = Object.freeze([
  dinov2("dinov2-small", "dinov2-small", 22),
  dinov2("dinov2-base", "dinov2-base", 87),
  dinov2("dinov2-large", "dinov2-large", 304),
  dinov2("dinov2-reg-small", "dinov2-with-registers-small", 22),
  dinov2("dinov2-reg-base", "dinov2-with-registers-base", 87),
  dinov2("dinov2-reg-large", "dinov2-with-registers-large", 304),
  dinov3("dinov3-vits16", "dinov3-vits16-pretrain-lvd1689m", { megaParameters: 22, about: `ViT-S, ${photos}` }),
  dinov3("dinov3-vitb16", "dinov3-vitb16-pretrain-lvd1689m", { megaParameters: 86, about: `ViT-B, ${photos}` }),
  dinov3("dinov3-vitl16", "dinov3-vitl16-pretrain-lvd1689m", { megaParameters: 303, about: `ViT-L, ${photos}` }),
  dinov3("dinov3-vitl16-sat", "dinov3-vitl16-pretrain-sat493m", {
    megaParameters: 303,
    about: "ViT-L, self-supervised on 493 M satellite images (SAT-493M)",
  }),
  {
    name: "dinov3-convnext-tiny",
    repo: "onnx-community/dinov3-convnext-tiny-pretrain-lvd1689m-ONNX",
    files: ["onnx/model.onnx", "onnx/model.onnx_data", ...configs],
    ...dinov3Licence,
    gated: false,
    megaParameters: 29,
    about: `ConvNeXt-T as ONNX, ${photos}`,
  },
  {
    name: "mobilenet-v2",
    repo: "onnx-community/mobilenet_v2_1.0_224-ONNX",
    files: ["onnx/model.onnx", ...configs],
    licence: "as on its page (original weights: Apache-2.0)",
    licenceUrl: "https://huggingface.co/onnx-community/mobilenet_v2_1.0_224-ONNX",
    gated: false,
    megaParameters: 3.5,
    about: "MobileNetV2 as ONNX, supervised on ImageNet-1k",
  },
]);

/** Names of {@link baselines}. */
export const baselineNames: readonly string[] = Object.freeze(baselines.map(({ name }) => name));

/**
 * The baseline of that name.
 *
 * @throws LejepaError E_USAGE for an unknown name, with the known ones and the nearest
 */
export function baselineOf(name: string): Baseline {
  const found = baselines.find((baseline) => baseline.name === name);
  if (found !== undefined) return found;
  throw unknownEncoder(name, baselineNames, "baseline");
}

/** The error for a name that is nothing known. */
export function unknownEncoder(name: string, known: readonly string[], where: string): LejepaError {
  const similar = nearest(name, known);
  return new LejepaError({
    code: "E_USAGE",
    where,
    expected: `${known.join(", ")}, or the path of a run, an ONNX file, or DINO weights (.safetensors)`,
    got: name,
    hint: similar === undefined ? "Is the path right?" : `Did you mean ${similar}?`,
  });
}
