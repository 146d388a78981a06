// A training step on WebGPU: the whole of it on the device, as on the CPU but for rounding, and resumed bit by bit.
import { resolveViews } from "@lejepa/augment";
import { type ConfigInput, parseConfig, withImages } from "@lejepa/contracts";
import { createEngine } from "@lejepa/engine";
import { expect, test } from "vitest";
import { createModel, initialValues } from "./model.ts";
import { disposeState, freshState, readState, type StateValues, uploadState } from "./state.ts";
import { compileStep, stepFeeds, type StepOptions } from "./training-step.ts";

// vitest.base.ts looks for a driver
const missing = process.env["VK_DRIVER_FILES"] === undefined ? "no Vulkan device (Debian: chromium-common)" : undefined;

const batch = 4;
const side = 12;
const images = Uint8Array.from({ length: batch * side * side * 3 }, (_, i) => (i * i * 31 + i * 7) % 251);

function stepOptions(encoder: ConfigInput["encoder"]): Omit<StepOptions, "device"> {
  const input: ConfigInput = {
    dataset: { id: "none" },
    data: { imageSize: side },
    views: { globalSize: 8, locals: 0 },
    encoder,
    projector: { hidden: [8], outDim: 4 },
    objective: { slices: 8 },
    optimizer: { clipGradNorm: 1 },
    batchSize: batch,
  };
  const config = withImages(parseConfig(input, "test"), { channels: 3 });
  const normal = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
  const image = { height: side, width: side, channels: 3, dtype: "uint8", ...normal } as const;
  return { config, model: createModel(config), views: resolveViews(config, image), batch, worldSize: 1 };
}

type Options = Omit<StepOptions, "device">;

/** A compiled step of `given` on a device, and what it does from a state. */
async function stepper(device: "cpu" | "webgpu", given: Options) {
  const options = { ...given, device };
  const engine = await createEngine({ device });
  const program = await compileStep(engine, options);
  return {
    hostNodes: () => program.hostNodes(),
    dispose: () => engine.dispose(),
    /** Steps `from` to `to` (not included), from `values`: the losses, and the state at the end. */
    async run({ from, to, values }: { readonly from: number; readonly to: number; readonly values: StateValues }) {
      const state = await uploadState(engine, options.model, values);
      const losses: number[] = [];
      for (let step = from; step < to; step++) {
        const rows = Uint32Array.from({ length: batch }, (_, i) => 3 * i + 1);
        const feeds = stepFeeds(options, { step, epoch: 0, images, rows, learningRate: 1e-3 });
        for (const [name, tensor] of Object.entries(await program.run({ ...state, ...feeds }))) {
          if (name === "loss") losses.push((await tensor.read())[0] as number);
          tensor.dispose();
        }
      }
      const end = await readState(state);
      disposeState(state);
      return { losses, state: end };
    },
  };
}

test("a ViT's step", { timeout: 300_000 }, async ({ skip }) => {
  skip(missing !== undefined, missing);
  const options = stepOptions({ name: "vit_nano", patchSize: 4, dropPath: 0.3 });
  const values = freshState(initialValues(options.model, 0));
  const webgpu = await stepper("webgpu", options);
  expect(await webgpu.hostNodes()).toEqual([]);
  const whole = await webgpu.run({ from: 0, to: 2, values });
  const half = await webgpu.run({ from: 0, to: 1, values });
  const rest = await webgpu.run({ from: 1, to: 2, values: half.state });
  await webgpu.dispose();
  expect([...half.losses, ...rest.losses]).toEqual(whole.losses);
  expect(rest.state).toEqual(whole.state);
  const cpu = await stepper("cpu", options);
  const { losses } = await cpu.run({ from: 0, to: 2, values });
  await cpu.dispose();
  for (const [i, loss] of losses.entries()) expect(Math.abs((whole.losses[i] as number) / loss - 1)).toBeLessThan(1e-3);
});

test("nothing of a ResNet's step is left to the CPU", { timeout: 300_000 }, async ({ skip }) => {
  skip(missing !== undefined, missing);
  // max pooling, strides, running statistics
  const webgpu = await stepper("webgpu", stepOptions({ name: "resnet10", width: 4, smallStem: false }));
  expect(await webgpu.hostNodes()).toEqual([]);
  await webgpu.dispose();
});
