// Training steps and runs in 16 bits: a GPU's graph with its roundings, on CPU kernels (`emulatedEngine`).
import { resolveViews } from "@lejepa/augment";
import { type ConfigInput, parseConfig, stream, withImages } from "@lejepa/contracts";
import { createEngine, type Engine, halfBounds } from "@lejepa/engine";
import { emulatedEngine } from "@lejepa/engine/testing";
import { expect, test } from "vitest";
import { createModel, initialValues } from "./model.ts";
import { disposeState, freshState, readState, type StateValues, uploadState } from "./state.ts";
import { compileStep, stepFeeds, type StepOptions, stepSignature } from "./training-step.ts";

const batch = 16;
const side = 20;
const noise = stream(0, "noise").fillUniform(new Float32Array(batch * side * side * 3));
const images = Uint8Array.from(noise, (value) => 256 * value);
const rows = Uint32Array.from({ length: batch }, (_, i) => 3 * i + 1);

type Encoder = NonNullable<ConfigInput["encoder"]>;
const vit: Encoder = { name: "vit_nano", patchSize: 4, dropPath: 0.3 };
const resnet: Encoder = { name: "resnet10", width: 8 };

function stepOptions(encoder: Encoder, precision: "float32" | "float16" | "bfloat16"): StepOptions {
  const input: ConfigInput = {
    dataset: { id: "none" },
    data: { imageSize: side },
    views: { globalSize: 16, locals: 2, localSize: 8 },
    encoder,
    projector: { hidden: [32], outDim: 8 },
    objective: { slices: 16 },
    batchSize: batch,
    device: "cuda",
    precision,
  };
  const config = withImages(parseConfig(input, "test"), { channels: 3 });
  const normal = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
  const image = { height: side, width: side, channels: 3, dtype: "uint8", ...normal } as const;
  return { config, model: createModel(config), views: resolveViews(config, image), batch, worldSize: 1, device: "cpu" };
}

interface Result {
  readonly scalars: Readonly<Record<string, number>>;
  readonly state: StateValues;
}

/** One step from `values`. */
async function oneStep(engine: Engine, options: StepOptions, values: StateValues, step = 0): Promise<Result> {
  const program = await compileStep(engine, options);
  const state = await uploadState(engine, options.model, values);
  const feeds = stepFeeds(options, { step, epoch: 0, images, rows, learningRate: 1e-3 });
  const scalars: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(await program.run({ ...state, ...feeds }))) {
    scalars[name] = (await tensor.read())[0] as number;
    tensor.dispose();
  }
  const end = await readState(state);
  disposeState(state);
  await engine.dispose();
  return { scalars, state: end };
}

const first = (options: StepOptions): StateValues =>
  freshState(initialValues(options.model, 0), options.config.precision);

/** Norm of the difference by the norm. */
function distance(got: Float32Array, want: Float32Array): number {
  let [off, whole] = [0, 0];
  for (const [i, value] of want.entries()) {
    off += ((got[i] as number) - value) ** 2;
    whole += value ** 2;
  }
  return Math.sqrt(off / whole);
}

const inFloat32 = new Map<Encoder, Result>();

/** The step in float32, computed once for each encoder. */
async function reference(encoder: Encoder): Promise<Result> {
  const options = stepOptions(encoder, "float32");
  const known = inFloat32.get(encoder) ?? (await oneStep(await createEngine(), options, first(options)));
  inFloat32.set(encoder, known);
  return known;
}

// the graph of webgpu differs in its convolutions
test.each([
  ["cuda", "float16", vit],
  ["cuda", "float16", resnet],
  ["cuda", "bfloat16", vit],
  ["cuda", "bfloat16", resnet],
  ["webgpu", "float16", resnet],
] as const)("what %s computes in %s is float32's within the bounds", async (device, half, encoder) => {
  const want = await reference(encoder);
  const options = stepOptions(encoder, half);
  const got = await oneStep(emulatedEngine(half, { device }), options, first(options));
  const { loss, gradient } = halfBounds[half];
  const off = Math.abs((got.scalars["loss"] as number) / (want.scalars["loss"] as number) - 1);
  expect(off).toBeLessThan(loss);
  // rounded it is, so not the same
  expect(off).toBeGreaterThan(1e-7);
  // the first moment is a tenth of the gradient
  expect(distance(got.state.m, want.state.m)).toBeLessThan(gradient);
  expect(distance(got.state.buffers, want.state.buffers)).toBeLessThan(loss);
  const scale = half === "float16" ? { lossScale: 2 ** 16, skipped: 0 } : {};
  const { lossScale, skipped } = got.scalars;
  expect({ ...(lossScale !== undefined && { lossScale }), ...(skipped !== undefined && { skipped }) }).toEqual(scale);
});

test("a step that overflows changes nothing but the scale, and AdamW does not count it", async () => {
  const options = stepOptions(resnet, "float16");
  const before = { ...first(options), scaling: Float32Array.of(2 ** 40, 7, 3) };
  const { scalars, state } = await oneStep(emulatedEngine("float16"), options, before);
  expect(Number.isFinite(scalars["gradNorm"])).toBe(false);
  expect(Number.isFinite(scalars["loss"])).toBe(true);
  expect({ ...state, scaling: null }).toEqual({ ...before, scaling: null });
  expect(state.scaling).toEqual(Float32Array.of(2 ** 39, 0, 4));
  expect(scalars).toMatchObject({ lossScale: 2 ** 40, skipped: 4 });
  const hyper = (step: number, skipped: number): unknown =>
    stepFeeds(options, { step, skipped, epoch: 0, images, rows, learningRate: 1e-3 })["hyper"];
  expect(hyper(9, 4)).toEqual(hyper(5, 0));
  expect(hyper(9, 4)).not.toEqual(hyper(9, 0));
});

test("only float16 has a scale in its state", () => {
  for (const [precision, scaled] of [
    ["float32", false],
    ["bfloat16", false],
    ["float16", true],
  ] as const) {
    const options = stepOptions(resnet, precision);
    expect("scaling" in stepSignature(options)).toBe(scaled);
    expect("scaling" in first(options)).toBe(scaled);
  }
});
