// Encoders and projector against PyTorch, on every device: outputs, probe features, running statistics, all gradients,
// through the flat parameter vector and one compiled program as in training.
import { createEngine, findTensorflow, liveDeviceTensors } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import {
  expectClose,
  expectSummary,
  type GoldenRun,
  goldens,
  gradientTolerance,
  namedValues,
  testValue,
  weighted,
} from "./_golden.test-helper.ts";
import {
  createEncoder,
  createProjector,
  type FlatLayout,
  type ForwardContext,
  flatLayout,
  flatten,
  type Params,
  type ParamSpec,
  pack,
  unflatten,
  unpack,
} from "./index.ts";

type Forward = (params: Params, x: tf.Tensor, context: ForwardContext) => tf.Tensor[];
type Tensors = Record<string, tf.Tensor>;

interface Model {
  readonly params: readonly ParamSpec[];
  readonly forward: Forward;
  readonly noiseShape?: readonly [number, number];
}

const layoutOf = ({ params }: Model, kind: ParamSpec["kind"]): FlatLayout =>
  flatLayout(params.filter((spec) => spec.kind === kind));

const testVector = (layout: FlatLayout): Float32Array =>
  pack(new Map(layout.entries.map((entry) => [entry.name, testValue(entry)])), layout);

/** The step that is compiled: every view forward, gradients of the summed outputs, new running statistics. */
function traceable(model: Model, { inputs, training }: GoldenRun): (given: Tensors) => Tensors {
  const [layout, bufferLayout] = [layoutOf(model, "parameter"), layoutOf(model, "buffer")];
  return (given) => {
    const results: Tensors = {};
    const updates = new Map<string, tf.Tensor>();
    const loss = (flat: tf.Tensor, ...views: tf.Tensor[]): tf.Scalar => {
      const buffers = given.buffers === undefined ? {} : unflatten(given.buffers, bufferLayout);
      const params = { ...unflatten(flat, layout), ...buffers };
      const scalars = views.map((x, view) => {
        const outputs = model.forward(params, x, { training, noise: given.noise, updates });
        for (const [i, output] of outputs.entries()) results[`output${view}.${i}`] = tf.keep(output);
        return weighted(outputs);
      });
      return tf.addN(scalars) as tf.Scalar;
    };
    const views = inputs.map((_, i) => given[`x${i}`] as tf.Tensor);
    const { grads } = tf.valueAndGrads(loss)([given.parameters as tf.Tensor, ...views]);
    for (const [i, gradient] of grads.entries()) results[`gradient${i}`] = gradient;
    if (updates.size > 0) results.buffers = flatten(Object.fromEntries(updates), bufferLayout);
    return results;
  };
}

function feedsOf(
  model: Model,
  { inputs }: GoldenRun,
): Record<string, { shape: readonly number[]; data: Float32Array }> {
  const parameters = testVector(layoutOf(model, "parameter"));
  const buffers = testVector(layoutOf(model, "buffer"));
  const noise = namedValues("noise", model.noiseShape ?? [0]).map((u) => (u + 1) / 2);
  return {
    parameters: { shape: [parameters.length], data: parameters },
    ...(buffers.length === 0 ? {} : { buffers: { shape: [buffers.length], data: buffers } }),
    ...(model.noiseShape === undefined ? {} : { noise: { shape: model.noiseShape, data: noise } }),
    ...Object.fromEntries(inputs.map((shape, i) => [`x${i}`, { shape, data: namedValues(`x${i}`, shape) }])),
  };
}

type Device = "reference" | "cpu" | "tensorflow";

async function runOn(device: Device, model: Model, golden: GoldenRun): Promise<Record<string, Float32Array>> {
  const engine = await createEngine({ device });
  try {
    const feeds = feedsOf(model, golden);
    const program = await engine.compile(traceable(model, golden), feeds);
    const out = await program.run(Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data])));
    const read: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(out)) {
      read[name] = Float32Array.from((await tensor.read()) as Float32Array);
      tensor.dispose();
    }
    return read;
  } finally {
    await engine.dispose();
  }
}

async function check(
  device: Device,
  model: Model,
  golden: GoldenRun,
  { gradients = true }: { readonly gradients?: boolean } = {},
): Promise<void> {
  const got = await runOn(device, model, golden);
  for (const [view, outputs] of golden.outputs.entries()) {
    for (const [i, values] of outputs.entries()) {
      expectClose(got[`output${view}.${i}`] ?? [], values, `view ${view}, output ${i}`);
    }
  }
  if (!gradients) return;
  const tolerance = gradientTolerance(golden);
  for (const [i, summary] of golden.inputGradients.entries()) {
    const gradient = { values: got[`gradient${i + 1}`] ?? [], shape: golden.inputs[i] ?? [] };
    expectSummary(gradient, { name: `g${i}`, summary, tolerance });
  }
  checkSummaries(got.gradient0, layoutOf(model, "parameter"), { summaries: golden.gradients, tolerance });
  // evaluation has no new running statistics, nor has a model without batch norm
  const buffers = golden.training ? layoutOf(model, "buffer") : flatLayout([]);
  checkSummaries(got.buffers, buffers, { summaries: golden.buffers ?? {}, tolerance: 1e-4 });
  expect(liveDeviceTensors()).toBe(0);
}

interface Expected {
  readonly summaries: Readonly<Record<string, readonly number[]>>;
  readonly tolerance: number;
}

function checkSummaries(flat: Float32Array | undefined, layout: FlatLayout, { summaries, tolerance }: Expected): void {
  expect(layout.entries.map(({ name }) => name).sort()).toEqual(Object.keys(summaries).sort());
  const values = unpack(flat ?? new Float32Array(), layout);
  for (const { name, shape } of layout.entries) {
    expectSummary({ values: values.get(name) ?? [], shape }, { name, summary: summaries[name] ?? [], tolerance });
  }
}

const missing = findTensorflow() === undefined ? "TensorFlow is not installed (npm run test:tensorflow)" : undefined;

describe.each(["reference", "cpu", "tensorflow"] as const)("PyTorch on %s", (device) => {
  beforeEach(({ skip }) => skip(device === "tensorflow" && missing !== undefined, missing));

  test.each(goldens.vit.map((golden) => [golden.title, golden] as const))("ViT: %s", async (_, golden) => {
    const { params, noiseCount, forward } = createEncoder("vit_nano", golden.options);
    const noiseShape = [noiseCount, golden.inputs[0]?.[0] ?? 0] as const;
    const model: Model = { params, forward: (...args) => Object.values(forward(...args)) };
    await check(device, noiseCount === 0 ? model : { ...model, noiseShape }, golden);
  });

  test.each(goldens.resnet.map((golden) => [`${golden.name}, ${golden.title}`, golden] as const))(
    "%s",
    async (_, golden) => {
      const { params, forward } = createEncoder(golden.name ?? "", golden.options);
      // one activation of this model lies within rounding of a ReLU's kink: changing the input by 1e-6 moves the
      // reference's own gradient by 2.6 %, and so does the order in which TensorFlow sums
      const gradients = device !== "tensorflow" || golden.name !== "resnet50" || golden.title !== "bottlenecks";
      await check(device, { params, forward: (...args) => Object.values(forward(...args)) }, golden, { gradients });
    },
  );

  test("projector", async () => {
    const { params, forward } = createProjector(goldens.projector.options);
    await check(device, { params, forward: (...args) => [forward(...args)] }, goldens.projector);
  });
});
