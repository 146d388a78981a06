// One training step of this project, timed in its own process: `node step.js STEPS THREADS [DEVICE] [PRECISION]` with a case on stdin.
// Prints one JSON line like python/step.py. Not pretrain(): views are given, so that both sides time the same work; and in float16
// the loss is not scaled, which pretrain() does.
import { characteristicMethod, lejepaLoss, sigregDirections } from "@lejepa/core";
import {
  createEncoder,
  createProjector,
  type Encoder,
  flatLayout,
  flatRow,
  flatten,
  initialise,
  type Params,
  pack,
  unflatten,
} from "@lejepa/encoders";
import { configuredEngine, type DeviceTensor, type InputSpec } from "@lejepa/engine";
import { adamW, adamWHyper } from "@lejepa/train";
import * as tf from "@tensorflow/tfjs";
import type { StepCase } from "./cases.ts";
import { readArguments, readCase, report } from "./input.ts";

const LEARNING_RATE = 5e-4;
const WEIGHT_DECAY = 0.05;
const BETAS = [0.9, 0.999] as const;

function encoderOf(c: StepCase): Encoder {
  if (c.kind === "vit") {
    const { dim, depth, heads, size, patch } = c;
    return createEncoder("vit_tiny", { dim, depth, heads, imageSize: size, patchSize: patch });
  }
  const small = c.smallStem ? ({ stem: "small", stemStride: 2 } as const) : ({ stem: "imagenet" } as const);
  const name = c.bottleneck === true ? "resnet50" : c.blocks[0] === 1 ? "resnet10" : "resnet18";
  return createEncoder(name, { ...small, width: c.width, strides: c.strides, init: "torch" });
}

/** The model of a case, its flat state, and the traced step. */
function buildStep(c: StepCase, device: string) {
  const encoder = encoderOf(c);
  const projector = createProjector({ inDim: encoder.featureDim, hidden: c.hidden, outDim: c.outDim });
  const params = [...encoder.params, ...projector.params];
  const weights = flatLayout(params.filter(({ kind }) => kind === "parameter"));
  const buffers = flatLayout(params.filter(({ kind }) => kind === "buffer"));
  const method = characteristicMethod(device);
  const views = c.views.reduce((sum, group) => sum + group.count, 0);
  const rows = [weights.length / flatRow, flatRow]; // as the trainer keeps them
  const signature: Record<string, InputSpec> = {
    theta: { shape: rows },
    m: { shape: rows },
    v: { shape: rows },
    buffers: { shape: [buffers.length] },
    directions: { shape: [c.outDim, c.slices] },
    hyper: { shape: [3] },
  };
  for (const [i, { count, size }] of c.views.entries())
    signature[`views${i}`] = { shape: [count * c.batch, 3, size, size] };
  const step = (inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const { theta, m, v, hyper } = inputs as Readonly<Record<"theta" | "m" | "v" | "hyper", tf.Tensor>>;
    const current = unflatten(inputs["buffers"] as tf.Tensor, buffers);
    const updates = new Map<string, tf.Tensor>();
    const context = { training: true, updates };
    const lossOf = (vector: tf.Tensor): tf.Scalar => {
      const values: Params = { ...unflatten(tf.reshape(vector, [-1]), weights), ...current };
      const parts = c.views.map((_, i) => encoder.forward(values, inputs[`views${i}`] as tf.Tensor, context).embedding);
      const z = projector.forward(values, tf.concat(parts, 0), context);
      const globalViews = c.views[0]?.count ?? views;
      const shaped = tf.reshape(z, [views, c.batch, c.outDim]);
      return lejepaLoss(shaped, inputs["directions"] as tf.Tensor, { ...method, lambda: c.lambda, globalViews }).loss;
    };
    const { value: loss, grad } = tf.valueAndGrad(lossOf)(theta);
    const settings = { hyper, betas: BETAS, clipGradNorm: null, decayLength: weights.decayLength };
    return {
      ...adamW({ theta, m, v }, grad, settings),
      buffers: flatten({ ...current, ...Object.fromEntries(updates) }, buffers),
      loss,
    };
  };
  const values = initialise(params, 0);
  return { signature, step, theta: pack(values, weights), buffers: pack(values, buffers) };
}

/** Views that are no constant and need no generator. */
function imagesOf(c: StepCase): Record<string, Float32Array> {
  const images = c.views.map(({ count, size }, i): [string, Float32Array] => {
    const length = count * c.batch * 3 * size * size;
    return [`views${i}`, Float32Array.from({ length }, (_, k) => Math.sin(k * 12.9898) * 1.5)];
  });
  return Object.fromEntries(images);
}

async function main(): Promise<void> {
  const { steps, engine: options } = readArguments();
  const c = await readCase<StepCase>();
  const { signature, step, theta, buffers } = buildStep(c, options.device);
  const engine = await configuredEngine(options);
  const program = await engine.compile(step, signature, {
    updates: ["theta", "m", "v", "buffers"],
    mixedPrecision: true,
  });
  const size = theta.length;
  const rows = [size / flatRow, flatRow];
  const state: Record<string, DeviceTensor> = {
    theta: await engine.tensor(theta, rows),
    m: await engine.tensor(new Float32Array(size), rows),
    v: await engine.tensor(new Float32Array(size), rows),
    buffers: await engine.tensor(buffers, [buffers.length]),
  };
  const images: Record<string, DeviceTensor> = {};
  for (const [name, data] of Object.entries(imagesOf(c)))
    images[name] = await engine.tensor(data, signature[name]?.shape ?? []);
  const feedsOf = (i: number) => ({
    ...images,
    ...state,
    directions: sigregDirections(c.outDim, c.slices, 0, i),
    hyper: adamWHyper(i, { learningRate: LEARNING_RATE, weightDecay: WEIGHT_DECAY, betas: BETAS }),
  });
  if (process.env["LEJEPA_BENCH_PROFILE"] !== undefined) console.error(await program.profile(feedsOf(0)));
  await report(steps, async (i) => {
    const out = await program.run(feedsOf(i));
    await out["loss"]?.read();
    for (const tensor of Object.values(out)) tensor.dispose();
  });
  await engine.dispose();
}

await main();
