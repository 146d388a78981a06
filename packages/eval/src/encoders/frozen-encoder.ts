// Encoders that our engine runs: a run's, random weights of its architecture, any weights that came in as values by name.
import { join } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { createEncoder } from "@lejepa/encoders";
import { type FrozenEncoder, frozenSource, randomEncoder } from "../features.ts";
import { type ChannelMap, channelMap } from "./channels.ts";
import { checkpointFiles, type EncoderSpec } from "./checkpoint.ts";
import { extractCached } from "./feature-files.ts";
import { loadEncoder, type LoadEncoderOptions } from "./load-encoder.ts";
import { digestOf, fileDigest, type OpenContext, trainingImages } from "./open-context.ts";
import { checkOutputs, type OpenedEncoder, type OpenedKind } from "./opened-encoder.ts";

/** What is known of an encoder besides its weights. */
export interface FrozenFacts {
  readonly name: string;
  readonly kind: OpenedKind;
  /** Digest of the weights, or what they follow from. */
  readonly weights: string;
  readonly licence?: string | undefined;
  readonly notes?: readonly string[] | undefined;
  /** From which the encoder can be made with other channels. */
  readonly spec: EncoderSpec;
}

/**
 * Puts weights for our engine behind the common interface.
 *
 * @throws LejepaError E_CONFIG when the images' channels are not the encoder's and no policy was chosen
 */
export function openFrozen(given: FrozenEncoder, facts: FrozenFacts, context: OpenContext): OpenedEncoder {
  const images = trainingImages(context);
  const range = given.range ?? images.range;
  // a policy is for encoders that were trained on other images
  const own = facts.kind === "run" || facts.kind === "random";
  const sameChannels = images.store.channels === given.encoder.channels && (own || context.channels === undefined);
  const map = sameChannels
    ? undefined
    : channelMap(given, { images: { ...images, range }, policy: context.channels, name: facts.name });
  const frozen =
    map === undefined
      ? { ...given, range }
      : { ...adapted(given, map, { spec: facts.spec, channels: images.store.channels }), range };
  const { encoder, size, mean, std, interpolation = "bilinear" } = frozen;
  const tokens = encoder.tokens;
  const outputs = [
    "embedding",
    "probe",
    ...(tokens === undefined
      ? []
      : [...(tokens.classToken ? ["cls", "patch", "both"] : ["patch"]), "patches", "last-K"]),
  ];
  const settings = { weights: facts.weights, size, mean, std, range, interpolation, channels: map };
  const id = `${facts.kind}:${digestOf(settings)}`;
  return {
    id,
    name: facts.name,
    kind: facts.kind,
    licence: facts.licence,
    inputSize: size,
    featureDim: encoder.featureDim,
    outputs,
    notes: notesOf(frozen, { map, facts, depth: tokens?.depth }),
    frozen,
    async extract(store, rows, options = {}) {
      const wanted = checkOutputs({ name: facts.name, outputs, depth: tokens?.depth ?? 0 }, options.outputs);
      return extractCached({
        name: facts.name,
        settings: { id },
        store,
        rows,
        outputs: wanted,
        options,
        cacheDir: context.cacheDir,
        open: () => {
          const batch = Math.max(1, Math.min(context.batchSize ?? 32, rows.length));
          return frozenSource(context.engine, frozen, { store, batch, outputs: wanted });
        },
      });
    },
    async dispose() {},
  };
}

function notesOf(
  { encoder, size, interpolation = "bilinear" }: FrozenEncoder,
  { map, facts, depth }: { map: ChannelMap | undefined; facts: FrozenFacts; depth: number | undefined },
): string[] {
  return [
    map?.note ?? `channels: all ${encoder.channels} as they are`,
    size === undefined
      ? "input: as stored"
      : `input: shorter side resized to ${size} pixels (${interpolation}), central square`,
    depth === undefined
      ? "features: pooled last stage"
      : `features: ${encoder.tokens?.classToken ? "class token" : "mean of the patches"} after the final norm`,
    ...(facts.notes ?? []),
  ];
}

/** The encoder with a patch embedding for the store's channels, where the policy says so. */
function adapted(
  frozen: FrozenEncoder,
  map: ChannelMap,
  { spec, channels }: { readonly spec: EncoderSpec; readonly channels: number },
): FrozenEncoder {
  if (!map.adaptsPatches) return { ...frozen, channelMap: map };
  const { encoder, values } = frozen;
  const patch = "patch_embed.proj.weight";
  const trained = values.get(patch);
  if (trained === undefined) {
    throw new LejepaError({
      code: "E_CONFIG",
      where: `channels for ${encoder.name}`,
      expected: "a ViT, whose patch embedding can be adapted",
      got: encoder.name,
      hint: "Choose bands:0,1,2 or pca.",
    });
  }
  const shapes = { from: encoder.channels, to: channels, dim: encoder.featureDim };
  return {
    ...frozen,
    encoder: createEncoder(spec.name, { ...spec.options, channels }),
    values: new Map(values).set(patch, adaptPatches(trained, shapes)),
    channelMap: map,
  };
}

/** `[dim, from, k, k]` to `[dim, to, k, k]`: each channel gets the mean of the trained ones times from / to. */
export function adaptPatches(
  trained: Float32Array,
  { from, to, dim }: { readonly from: number; readonly to: number; readonly dim: number },
): Float32Array {
  const area = trained.length / (dim * from);
  const out = new Float32Array(dim * to * area);
  for (let d = 0; d < dim; d++) {
    for (let i = 0; i < area; i++) {
      let sum = 0;
      for (let c = 0; c < from; c++) sum += trained[(d * from + c) * area + i] as number;
      for (let c = 0; c < to; c++) out[(d * to + c) * area + i] = sum / to;
    }
  }
  return out;
}

/**
 * The encoder of a run folder or of one checkpoint's folder.
 *
 * @throws LejepaError as `loadEncoder`
 */
export async function openRun(
  folder: string,
  { checkpoint, name }: LoadEncoderOptions & { readonly name: string },
  context: OpenContext,
): Promise<OpenedEncoder> {
  const { encoder, spec, values, image, path, step } = loadEncoder(
    folder,
    checkpoint === undefined ? {} : { checkpoint },
  );
  const weights = await fileDigest(join(path, checkpointFiles.model));
  const notes = [`checkpoint: step ${step}`];
  return openFrozen({ encoder, values, ...image }, { name, kind: "run", weights, notes, spec }, context);
}

/**
 * Random weights of the architecture of `context.like`.
 *
 * @throws LejepaError E_USAGE without one
 */
export function openRandom(context: OpenContext): OpenedEncoder {
  const { like, seed = 0 } = context;
  if (like === undefined) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "random",
      expected: "a run whose architecture gets random weights",
      got: "none",
      hint: "Name a run as well.",
    });
  }
  const encoder = createEncoder(like.spec.name, like.spec.options);
  const facts = {
    name: `random init, ${encoder.name}`,
    kind: "random",
    weights: digestOf({ spec: like.spec, seed }),
    notes: [`seed: ${seed}`],
    spec: like.spec,
  } as const;
  return openFrozen({ encoder, values: randomEncoder(encoder, seed), ...like.image }, facts, context);
}
