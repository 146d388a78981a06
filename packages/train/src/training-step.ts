// One step of LeJEPA pretraining as one traced program (paper arXiv:2511.08544, algorithm 2): views, encoder, projector,
// loss, gradient, AdamW. Not the loop around it (pretrain.ts). Nothing here assumes one process: SIGReg's means (inside
// lejepaLoss), the gradient and the running statistics pass through the engine's all-reduce.
import { applyViews, drawViews, type GroupName, type ViewSpec, viewSignature } from "@lejepa/augment";
import { type Config, stream } from "@lejepa/contracts";
import { characteristicMethod, lejepaLoss, sigregDirections } from "@lejepa/core";
import { flatten, type Params, unflatten } from "@lejepa/encoders";
import {
  allReduceMean,
  type CompiledProgram,
  type CompileOptions,
  type Description,
  type Engine,
  type Feed,
  float32,
  type InputSpec,
} from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { adamW, adamWHyper, hyperLength } from "./adamw.ts";
import { scaledGradient, scalesLoss, scalingLength, unlessSkipped } from "./loss-scaling.ts";
import { type Model, stateShape } from "./model.ts";

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** What the step is made for. `batch` is the number of images of this process. */
export interface StepOptions {
  readonly config: Pick<Config, "objective" | "optimizer" | "precision" | "projector" | "seed">;
  readonly model: Model;
  readonly views: ViewSpec;
  readonly batch: number;
  /** Processes that train together. */
  readonly worldSize: number;
  /** Decides how SIGReg is best computed. */
  readonly device: string;
}

/** Inputs of the program: the state, one batch, and what was drawn for it. Types are the engine's. */
export function stepSignature({ config, model, views, batch }: StepOptions): Record<string, InputSpec> {
  const { height, width, channels, dtype } = views.image;
  const vector = { shape: stateShape(model) };
  const noise = views.groups.map((g): [string, InputSpec] => [
    noiseName(g.name),
    { shape: [model.encoder.noiseCount, g.views * batch] },
  ]);
  return {
    theta: vector,
    m: vector,
    v: vector,
    ...(model.buffers.length > 0 && { buffers: { shape: [model.buffers.length] } }),
    ...(scalesLoss(config.precision) && { scaling: { shape: [scalingLength] } }),
    images: { shape: [batch, height, width, channels], dtype },
    ...viewSignature(views, batch),
    directions: { shape: [config.projector.outDim, config.objective.slices] },
    hyper: { shape: [hyperLength] },
    ...(model.encoder.noiseCount > 0 && Object.fromEntries(noise)),
  };
}

const noiseName = (group: GroupName): string => `noise.${group}`;

/**
 * The traced function: new state (`theta`, `m`, `v`, `buffers`) and the scalars `loss`, `invariance`, `sigreg`, `gradNorm`. Where
 * the loss is scaled, a step whose gradient is not finite keeps the old state, and there is more: the new state `scaling`, the
 * scale of this step (`lossScale`) and the number of skipped steps up to it (`skipped`).
 */
export function trainingStep(options: StepOptions): (inputs: Tensors) => Record<string, tf.Tensor> {
  const { config, model } = options;
  return (inputs) => {
    const { theta, m, v, buffers, scaling, hyper } = inputs as Readonly<
      Record<"theta" | "m" | "v" | "hyper" | "buffers" | "scaling", tf.Tensor>
    >;
    const current = buffers === undefined ? {} : unflatten(buffers, model.buffers);
    const updates = new Map<string, tf.Tensor>();
    const parts: tf.Tensor[] = [];
    const lossOf = (vector: tf.Tensor): tf.Scalar => {
      const params = { ...unflatten(tf.reshape(vector, [-1]), model.parameters), ...current };
      const { loss, invariance, sigreg } = lossOfBatch(inputs, params, updates, options);
      parts.push(tf.keep(invariance), tf.keep(sigreg));
      return loss;
    };
    const { value: loss, grad } =
      scaling === undefined ? tf.valueAndGrad(lossOf)(theta) : scaledGradient(lossOf, theta, scaling);
    const [invariance, sigreg] = parts as [tf.Tensor, tf.Tensor];
    const { betas, clipGradNorm } = config.optimizer;
    const settings = { hyper, betas, clipGradNorm, decayLength: model.parameters.decayLength };
    const outputs = {
      ...adamW({ theta, m, v }, allReduceMean(grad), settings),
      ...(buffers !== undefined && {
        buffers: allReduceMean(flatten({ ...current, ...Object.fromEntries(updates) }, model.buffers)),
      }),
      loss: allReduceMean(loss),
      invariance: allReduceMean(invariance),
      sigreg: allReduceMean(sigreg),
    };
    // kept past the gradient's own scope, so ours to free
    for (const tensor of [...parts, ...updates.values()]) tensor.dispose();
    if (scaling === undefined) return outputs;
    return { ...outputs, ...unlessSkipped(outputs, { theta, m, v, ...(buffers && { buffers }) }, scaling) };
  };
}

type Loss = ReturnType<typeof lejepaLoss>;

/** Global and local views have two sizes, so the encoder runs twice; the projector sees all views together. */
function lossOfBatch(inputs: Tensors, params: Params, updates: Map<string, tf.Tensor>, options: StepOptions): Loss {
  const { config, model, views, batch, worldSize, device } = options;
  // pixels are exact: the products of their resizing stay float32
  const images = float32(() => applyViews(inputs["images"] as tf.Tensor, inputs, views));
  const embeddings = views.groups.map(({ name }) => {
    const context = { training: true, noise: inputs[noiseName(name)], updates };
    return model.encoder.forward(params, images[name] as tf.Tensor, context).embedding;
  });
  const all = tf.concat(embeddings, 0); // [views * batch, featureDim], global views first
  const z = model.projector.forward(params, all, { training: true, updates });
  const count = views.groups.reduce((sum, group) => sum + group.views, 0);
  const globalViews = views.groups.find(({ name }) => name === "global")?.views ?? count;
  const { lambda, knots, tMax, quadrature, reduction, clipValue, pooled, centre } = config.objective;
  const objective = { lambda, knots, tMax, quadrature, reduction, clipValue, pooled, centre };
  return lejepaLoss(tf.reshape(z, [count, batch, config.projector.outDim]), inputs["directions"] as tf.Tensor, {
    ...objective,
    ...characteristicMethod(device),
    globalViews,
    worldSize,
  });
}

/** What differs between two steps: the images (rows of the store), the epoch, the learning rate. */
export interface StepBatch {
  /** Steps done before this one. */
  readonly step: number;
  /** How many of them changed nothing, where the loss is scaled: AdamW does not count them. Default 0. */
  readonly skipped?: number;
  readonly epoch: number;
  readonly images: Feed;
  /** A stable number for each image: its row. */
  readonly rows: ArrayLike<number>;
  /** Masks of the images, where the views are masked. */
  readonly masks?: Uint8Array | undefined;
  /** Pixels and masks of the partners, where the views are paired. */
  readonly partners?: { readonly images: Feed; readonly masks?: Uint8Array | undefined } | undefined;
  readonly learningRate: number;
}

/** Everything random of a step is a pure function of (seed, step): a resumed run draws the same. */
export function stepFeeds(options: StepOptions, batch: StepBatch): Record<string, Feed> {
  const { config, model, views, batch: size } = options;
  const { step, epoch, images, rows, masks, partners } = batch;
  const { seed, projector, objective } = config;
  const noise = stream(seed, "drop path", step, rows[0] ?? 0);
  const { noiseCount } = model.encoder;
  const uniforms = views.groups.map(({ name, views: count }): [string, Float32Array] => [
    noiseName(name),
    noise.fillUniform(new Float32Array(noiseCount * count * size)),
  ]);
  const seen = { ...(masks && { masks }), ...(partners?.masks && { partnerMasks: partners.masks }) };
  return {
    images,
    ...seen,
    ...(partners && { partners: partners.images }),
    ...drawViews(views, { seed, epoch, items: rows, ...seen }),
    directions: sigregDirections(projector.outDim, objective.slices, seed, step),
    hyper: stepHyper(options, batch),
    ...(noiseCount > 0 && Object.fromEntries(uniforms)),
  };
}

/** AdamW's hyper-parameters of a step. */
export function stepHyper(
  { config: { optimizer } }: StepOptions,
  { step, skipped = 0, learningRate }: Pick<StepBatch, "step" | "skipped" | "learningRate">,
): Float32Array {
  return adamWHyper(step - skipped, { ...optimizer, learningRate });
}

const compiling = (signature: Record<string, InputSpec>): CompileOptions => ({
  updates: ["theta", "m", "v", "buffers", "scaling"].filter((name) => name in signature),
  mixedPrecision: true,
});

/** Compiles the step; its state is updated in place. */
export function compileStep(engine: Engine, options: StepOptions): Promise<CompiledProgram> {
  const signature = stepSignature(options);
  return engine.compile(trainingStep(options), signature, compiling(signature));
}

/** What the compiled step would consist of. */
export function describeStep(engine: Pick<Engine, "describe">, options: StepOptions): Promise<Description> {
  const signature = stepSignature(options);
  return engine.describe(trainingStep(options), signature, compiling(signature));
}
