// Image encoders as ONNX files, run by ONNX Runtime: preprocessing traced by our engine, then the model, then its tokens or
// map brought to one vector an image.
import { basename, dirname } from "node:path";
import { existsSync } from "node:fs";
import { LejepaError } from "@lejepa/contracts";
import type { ImageStore } from "@lejepa/data";
import { fromHalf, toHalf } from "@lejepa/encoders";
import { type CompiledProgram, type OnnxModel, type OnnxTensor, openOnnxModel } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { FeatureSource } from "../features.ts";
import { channelMap } from "./channels.ts";
import type { WeightFacts } from "./dino-encoder.ts";
import { extractCached } from "./feature-files.ts";
import { imagenet, type ModelSettings, readModelFiles } from "./model-settings.ts";
import { type FeatureOutput, featureOutput, type ImageInput, imageInput } from "./onnx-ports.ts";
import { digestOf, fileDigest, type OpenContext, trainingImages } from "./open-context.ts";
import { checkOutputs, type OpenedEncoder } from "./opened-encoder.ts";
import { imageFeeds, imageSignature, preprocess, type Preprocessing, type StoreInputs } from "./preprocess.ts";

/**
 * Opens an ONNX file as an image encoder. What the graph does not fix comes from `settings`, then from the
 * `preprocessor_config.json` beside it, then (mean and std only) ImageNet.
 *
 * @throws LejepaError E_DATA when it is no ONNX model or no image encoder, E_CONFIG when something is missing or contradicts
 * the graph, E_NAN when it gives no numbers for a gray image
 */
export async function openOnnx(
  file: string,
  { settings = {}, facts = {} }: { readonly settings?: ModelSettings; readonly facts?: WeightFacts },
  context: OpenContext,
): Promise<OpenedEncoder> {
  const where = basename(file);
  const files = readModelFiles(filesFolder(file));
  const { device } = context.engine;
  const runs = device === "webgpu" ? device : "cpu";
  const model = await openOnnxModel(file, { device: runs, threads: context.threads });
  try {
    const told = { where, settings, files };
    const input = imageInput(model, told);
    const output = featureOutput(model, told);
    const images = trainingImages(context);
    const [mean, std] = normalisation(input, { where, settings, mean: files.mean, std: files.std });
    const name = facts.name ?? where.replace(/\.onnx$/, "");
    const channels = channelMap({ mean, std }, { images, policy: refusePatch(context, name), name });
    const interpolation = settings.resample ?? files.resample ?? "bilinear";
    const preprocessing: Preprocessing = { range: images.range, size: input.size, interpolation, channels };
    const featureDim = await tryOnce(model, { input, output, where });
    const id = `onnx:${digestOf({ files: await Promise.all(filesOf(file).map(fileDigest)), input, output, preprocessing })}`;
    const outputs = ["embedding", "probe", ...(output.form === "tokens" ? ["cls", "patch", "both"] : [])];
    return {
      id,
      name,
      kind: "onnx",
      licence: facts.licence,
      inputSize: input.size,
      featureDim,
      outputs,
      notes: [
        channels.note,
        `input: shorter side resized to ${input.size} pixels (${interpolation}), central square, ${input.layout}`,
        `mean and std: ${settings.mean === undefined && files.mean === undefined ? "ImageNet's, nothing else was said" : `${mean.join(", ")} and ${std.join(", ")}`}`,
        output.note,
      ],
      async extract(store, rows, options = {}) {
        const wanted = checkOutputs({ name, outputs, depth: 0 }, options.outputs);
        const open = (): Promise<FeatureSource> => {
          const batch = input.batch ?? Math.max(1, Math.min(context.batchSize ?? 32, rows.length));
          return onnxSource({ model, input, output, where }, { context, store, batch, preprocessing });
        };
        const { cacheDir } = context;
        return extractCached({ name, settings: { id }, store, rows, outputs: wanted, options, cacheDir, open });
      },
      dispose: () => model.dispose(),
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** The graph, and its weights where they lie beside it under the usual names. */
const filesOf = (file: string): string[] => [
  file,
  ...[`${file}_data`, `${file}.data`].filter((path) => existsSync(path)),
];

// transformers.js keeps models in a folder onnx/ below the one of the configuration
function filesFolder(file: string): string {
  const folder = dirname(file);
  const above = dirname(folder);
  const has = (path: string): boolean =>
    existsSync(`${path}/preprocessor_config.json`) || existsSync(`${path}/config.json`);
  return !has(folder) && basename(folder) === "onnx" ? above : folder;
}

interface Statistics {
  readonly where: string;
  readonly settings: ModelSettings;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
}

function normalisation(
  { channels }: ImageInput,
  { where, settings, ...files }: Statistics,
): [readonly number[], readonly number[]] {
  const known = channels === 3 ? imagenet : { mean: undefined, std: undefined };
  const of = (key: "mean" | "std"): readonly number[] => {
    const values = settings[key] ?? files[key] ?? known[key];
    // one number stands for all channels
    const all = values?.length === 1 ? Array.from({ length: channels }, () => values[0] as number) : values;
    if (all?.length === channels) return all;
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${where}: ${key}`,
      expected: `${channels} numbers, one a channel`,
      got: values === undefined ? "none" : String(values.length),
    });
  };
  return [of("mean"), of("std")];
}

function refusePatch({ channels }: OpenContext, name: string): OpenContext["channels"] {
  if (channels !== "patch") return channels;
  throw new LejepaError({
    code: "E_CONFIG",
    where: `channels for ${name}`,
    expected: "replicate, bands or pca: the patch embedding of an ONNX file cannot be changed",
    got: "patch",
  });
}

interface Parts {
  readonly input: ImageInput;
  readonly output: FeatureOutput;
  readonly where: string;
}

/** One gray image through the model: the number of features, and whether they are numbers at all. */
async function tryOnce(model: OnnxModel, { input, output, where }: Parts): Promise<number> {
  const { size, channels } = input;
  const batch = input.batch ?? 1;
  const features = await runModel(model, { input, output, where }, new Float32Array(batch * channels * size * size));
  const { embedding } = features(["embedding"]);
  const values = embedding ?? new Float32Array();
  if (values.length === 0 || values.length % batch !== 0) {
    const expected = `features of ${batch} images`;
    throw new LejepaError({
      code: "E_SHAPE",
      where: `${where}: ${output.name}`,
      expected,
      got: `${values.length} numbers`,
    });
  }
  if (values.every(Number.isFinite)) return values.length / batch;
  throw new LejepaError({
    code: "E_NAN",
    where: `${where}: ${output.name}`,
    expected: "finite features of a gray image",
    got: "others",
    hint: "The model is damaged, or wants its images on another scale.",
  });
}

async function onnxSource(
  { model, input, output, where }: Parts & { readonly model: OnnxModel },
  {
    context,
    store,
    batch,
    preprocessing,
  }: { context: OpenContext; store: ImageStore; batch: number; preprocessing: Preprocessing },
): Promise<FeatureSource> {
  const program: CompiledProgram = await context.engine.compile(
    (inputs: Readonly<Record<string, tf.Tensor>>) => {
      const x = preprocess(inputs as unknown as StoreInputs, store, preprocessing);
      return { x: input.layout === "nchw" ? x : tf.transpose(x, [0, 2, 3, 1]) };
    },
    imageSignature(store, batch),
  );
  return {
    batch,
    async compute(rows) {
      const padded = Uint32Array.from({ length: batch }, (_, i) => rows[i] ?? (rows[0] as number));
      const { x } = await program.run(imageFeeds(store, padded));
      if (x === undefined) throw new LejepaError({ code: "E_INTERNAL", where, problem: "nothing was preprocessed" });
      const pixels = (await x.read()) as Float32Array;
      x.dispose();
      const features = await runModel(model, { input, output, where }, pixels);
      const all = features(output.form === "tokens" ? ["embedding", "cls", "patch", "both"] : ["embedding"]);
      const kept = Object.entries(all).map(([name, values]) => [
        name,
        values.subarray(0, (values.length / batch) * rows.length),
      ]);
      const named = Object.fromEntries(kept) as Record<string, Float32Array>;
      return { ...named, probe: named.embedding as Float32Array };
    },
    dispose: () => program.dispose(),
  };
}

/** Runs the model on preprocessed pixels; returns a function that reads features by name. */
async function runModel(
  model: OnnxModel,
  { input, output, where }: Parts,
  pixels: Float32Array,
): Promise<(names: readonly string[]) => Record<string, Float32Array>> {
  const { channels, size, layout, type } = input;
  const batch = pixels.length / (channels * size * size);
  const shape = layout === "nchw" ? [batch, channels, size, size] : [batch, size, size, channels];
  const tensor: OnnxTensor = { type, shape, data: type === "float16" ? toHalf(pixels) : pixels };
  const [result] = await model.run({ name: input.name, tensor }, [output.name]);
  const data = result?.data instanceof Uint16Array ? fromHalf(result.data) : (result?.data ?? new Float32Array());
  const dims = result?.shape ?? [];
  return (names) =>
    Object.fromEntries(names.map((name) => [name, readFeature({ data, dims }, { output, name, where })]));
}

interface Result {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

function readFeature(
  { data, dims }: Result,
  { output, name, where }: { readonly output: FeatureOutput; readonly name: string; readonly where: string },
): Float32Array {
  const { form, tokens, prefix } = output;
  const [n = 0, a = 0, b = 0, c = 0] = dims;
  if (form === "vector") return data;
  if (form === "map") return a === 0 ? data : meanOfMap(data, { n, a, b, c });
  if (prefix >= a && (name !== "cls" || a === 0)) {
    throw new LejepaError({
      code: "E_SHAPE",
      where: `${where}: ${output.name}`,
      expected: `more than ${prefix} tokens`,
      got: String(a),
      hint: "Say how many come before the patches: prefix=0.",
    });
  }
  const first = (): Float32Array => everyImage({ n, width: b }, (i, at) => data[i * a * b + at] as number);
  const mean = (): Float32Array =>
    everyImage({ n, width: b }, (i, at) => {
      let sum = 0;
      for (let token = prefix; token < a; token++) sum += data[(i * a + token) * b + at] as number;
      return sum / (a - prefix);
    });
  if (name === "cls" || (name === "embedding" && tokens === "cls")) return first();
  if (name === "patch" || name === "embedding") return mean();
  const [left, right] = [first(), mean()];
  return everyImage({ n, width: 2 * b }, (i, at) => (at < b ? left[i * b + at] : right[i * b + at - b]) as number);
}

function everyImage(
  { n, width }: { readonly n: number; readonly width: number },
  value: (image: number, at: number) => number,
): Float32Array {
  return Float32Array.from({ length: n * width }, (_, index) => value(Math.floor(index / width), index % width));
}

// channels first unless the last axis is the longest, as it is where channels come last
function meanOfMap(
  data: Float32Array,
  { n, a, b, c }: { readonly n: number; readonly a: number; readonly b: number; readonly c: number },
): Float32Array {
  const last = c > a && c > b;
  const [channels, places] = last ? [c, a * b] : [a, b * c];
  return everyImage({ n, width: channels }, (i, channel) => {
    let sum = 0;
    for (let place = 0; place < places; place++) {
      const at = last ? place * channels + channel : channel * places + place;
      sum += data[i * channels * places + at] as number;
    }
    return sum / places;
  });
}
