// The trained model: encoder and projector of a configuration, and where their tensors lie in the flat vectors.
// Not the weights themselves (state.ts) and not the loss (training-step.ts).
import { isVit, type ResolvedConfig } from "@lejepa/contracts";
import {
  createEncoder,
  createProjector,
  type Encoder,
  type FlatLayout,
  flatLayout,
  flatRow,
  initialise,
  type ParamSpec,
  pack,
  type Projector,
} from "@lejepa/encoders";
import type { EncoderSpec } from "@lejepa/eval";

/** Encoder and projector with the places of their tensors. */
export interface Model {
  readonly encoderSpec: EncoderSpec;
  readonly encoder: Encoder;
  readonly projector: Projector;
  /** Tensors of both, in the encoder's order. */
  readonly params: readonly ParamSpec[];
  /** Trained tensors as one vector; decayed ones first. */
  readonly parameters: FlatLayout;
  /** Running statistics as one vector; may be empty. */
  readonly buffers: FlatLayout;
}

/** Values of the two flat vectors. */
export interface ModelValues {
  readonly parameters: Float32Array;
  readonly buffers: Float32Array;
}

/** The encoder that a configuration asks for. */
function encoderSpec({ encoder, data, views }: Pick<ResolvedConfig, "encoder" | "data" | "views">): EncoderSpec {
  const { name, patchSize, dropPath, pooling, smallStem, stemStride, width, strides, init } = encoder;
  const { channels } = data;
  if (isVit(name)) return { name, options: { imageSize: views.globalSize, patchSize, channels, dropPath, pooling } };
  const given = Object.entries({ width, strides, init, stemStride }).filter(([, value]) => value !== null);
  return { name, options: { channels, stem: smallStem ? "small" : "imagenet", ...Object.fromEntries(given) } };
}

/**
 * Encoder and projector of a configuration, without weights.
 *
 * @throws LejepaError E_CONFIG when the encoder refuses its options
 */
export function createModel(config: Pick<ResolvedConfig, "encoder" | "data" | "views" | "projector">): Model {
  const spec = encoderSpec(config);
  const encoder = createEncoder(spec.name, spec.options);
  const { hidden, outDim } = config.projector;
  return {
    encoderSpec: spec,
    ...joinModel(encoder, createProjector({ inDim: encoder.featureDim, hidden, outDim })),
  };
}

/** An encoder and what stands on it, with the places of their tensors. */
export function joinModel(encoder: Encoder, projector: Projector): Omit<Model, "encoderSpec"> {
  const params = [...encoder.params, ...projector.params];
  return {
    encoder,
    projector,
    params,
    parameters: flatLayout(params.filter(({ kind }) => kind === "parameter")),
    buffers: flatLayout(params.filter(({ kind }) => kind === "buffer")),
  };
}

/** Shape of the parameters and of each moment on the device: the flat vector as rows. */
export const stateShape = ({ parameters }: Pick<Model, "parameters">): [number, number] => [
  parameters.length / flatRow,
  flatRow,
];

/** Initial values: a pure function of the model and the seed. */
export function initialValues(model: Pick<Model, "params" | "parameters" | "buffers">, seed: number): ModelValues {
  const values = initialise(model.params, seed);
  return { parameters: pack(values, model.parameters), buffers: pack(values, model.buffers) };
}
