// What an ONNX model is, as an image encoder: its input's layout, channels and size, which output is read and what that output
// means. Decided from the graph, then what a user said; a graph that is no image encoder is refused. Nothing is run here.
import { LejepaError, nearest } from "@lejepa/contracts";
import type { OnnxModel, OnnxPort } from "@lejepa/engine";
import type { ModelFiles, ModelSettings } from "./model-settings.ts";

/** The input of an image encoder. */
export interface ImageInput {
  readonly name: string;
  readonly type: "float32" | "float16";
  readonly layout: "nchw" | "nhwc";
  readonly channels: number;
  readonly size: number;
  /** Images a run, if the graph fixes it. */
  readonly batch: number | undefined;
}

/** The output that is read. */
export interface FeatureOutput {
  readonly name: string;
  /** `[n, d]`, `[n, tokens, d]`, or a map (`[n, d, h, w]`, `[n, h, w, d]`). */
  readonly form: "vector" | "tokens" | "map";
  readonly tokens: "cls" | "mean";
  /** Tokens before the patches. */
  readonly prefix: number;
  readonly note: string;
}

interface Told {
  readonly where: string;
  readonly settings: ModelSettings;
  readonly files: ModelFiles;
}

/**
 * The one image input of a model.
 *
 * @throws LejepaError E_DATA when it is no image encoder, E_CONFIG when size or layout are not known or contradict each other
 */
export function imageInput({ inputs }: Pick<OnnxModel, "inputs">, { where, settings, files }: Told): ImageInput {
  const [port] = inputs;
  if (inputs.length !== 1 || port === undefined) throw noEncoder(where, describe(inputs));
  const { name, type, shape } = port;
  if (shape.length !== 4 || (type !== "float32" && type !== "float16")) throw noEncoder(where, describe(inputs));
  const layout = settings.layout ?? layoutOf(shape);
  const [n, a, b, c] = shape as [number | string, number | string, number | string, number | string];
  const [channels, height, width] = layout === "nchw" ? [a, b, c] : [c, a, b];
  if (channels === -1 || (typeof channels === "number" && channels > 64)) {
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${where}: layout`,
      expected: "channels first (nchw) or last (nhwc)",
      got: `${layout} for ${describe([port])}`,
      hint: "Say layout=nchw or layout=nhwc.",
    });
  }
  const size = inputSize([height, width], { where, settings, files });
  return {
    name,
    type,
    layout,
    channels: typeof channels === "number" ? channels : (settings.mean?.length ?? 3),
    size,
    batch: typeof n === "number" && n > 0 ? n : undefined,
  };
}

// 1, 3 or 4 at the place of the channels tells; free names say nothing, and most models have channels first
function layoutOf([, first, , last]: readonly (number | string)[]): "nchw" | "nhwc" {
  const few = (size: number | string | undefined): boolean => typeof size === "number" && size >= 1 && size <= 4;
  return few(last) && !few(first) ? "nhwc" : "nchw";
}

function inputSize(
  [height, width]: readonly [number | string, number | string],
  { where, settings, files }: Told,
): number {
  const fixed = typeof height === "number" ? height : typeof width === "number" ? width : undefined;
  if (typeof height === "number" && typeof width === "number" && height !== width) {
    throw new LejepaError({
      code: "E_CONFIG",
      where,
      expected: "an encoder of square images",
      got: `${height} x ${width}`,
    });
  }
  const wanted = settings.size ?? (fixed === undefined ? files.size : undefined);
  if (fixed !== undefined && wanted !== undefined && wanted !== fixed) {
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${where}: size`,
      expected: `${fixed}, which the model fixes`,
      got: String(wanted),
    });
  }
  const size = fixed ?? wanted;
  if (size !== undefined) return size;
  throw new LejepaError({
    code: "E_CONFIG",
    where: `${where}: size`,
    expected: "a size from the model, a preprocessor_config.json beside it, or given",
    got: "none",
    hint: "Say size=224 after a question mark: 'FILE.onnx?size=224'.",
  });
}

// names by which exporters call features, best first; class scores come last
const usualOutputs = ["features", "embedding", "embeddings", "image_embeds", "pooler_output", "last_hidden_state"];

/**
 * The output that holds the features.
 *
 * @throws LejepaError E_CONFIG when there are several and none has a usual name, or the named one is not there
 */
export function featureOutput(
  { outputs }: Pick<OnnxModel, "outputs">,
  { where, settings, files }: Told,
): FeatureOutput {
  const port = chooseOutput(outputs, { where, settings, files });
  const rank = port.shape.length;
  if (rank < 2 || rank > 4) throw noEncoder(where, describe([port]));
  const form = rank === 2 ? "vector" : rank === 3 ? "tokens" : "map";
  const prefix = settings.prefix ?? 1 + (files.registers ?? 0);
  const tokens = settings.tokens ?? "cls";
  const meaning = {
    vector: "as it is",
    tokens: tokens === "cls" ? "first token" : `mean of the tokens after the first ${prefix}`,
    map: "mean over the positions",
  }[form];
  const scores = /logits|prob|class/i.test(port.name) ? "; these are class scores, no features" : "";
  return { name: port.name, form, tokens, prefix, note: `features: output ${port.name}, ${meaning}${scores}` };
}

function chooseOutput(outputs: readonly OnnxPort[], { where, settings }: Told): OnnxPort {
  const names = outputs.map(({ name }) => name);
  const wanted =
    settings.output ??
    usualOutputs.find((usual) => names.includes(usual)) ??
    (names.length === 1 ? names[0] : undefined);
  const port = outputs.find(({ name }) => name === wanted);
  if (port !== undefined) return port;
  const similar = settings.output && nearest(settings.output, names);
  throw new LejepaError({
    code: "E_CONFIG",
    where: `${where}: output`,
    expected: `one of the outputs ${names.join(", ")}`,
    got: settings.output ?? "none chosen",
    hint: similar ? `Did you mean ${similar}?` : `Say which holds the features: 'FILE.onnx?output=${names[0]}'.`,
  });
}

const describe = (ports: readonly OnnxPort[]): string =>
  ports.length === 0
    ? "none"
    : ports.map(({ name, type, shape }) => `${name} ${type ?? "no tensor"} [${shape.join(", ")}]`).join("; ");

const noEncoder = (where: string, got: string): LejepaError =>
  new LejepaError({
    code: "E_DATA",
    where,
    expected: "an image encoder: one floating-point input of 4 axes (images), features out",
    got,
    hint: "Export the image tower alone.",
  });
