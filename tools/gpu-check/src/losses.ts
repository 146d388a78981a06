// Losses of real training steps from one seed: equal on every device but for rounding. Two devices are compared by the caller.
import { resolveViews } from "@lejepa/augment";
import { parseConfig, stream, withImages } from "@lejepa/contracts";
import { configuredEngine, type Engine, type Precision } from "@lejepa/engine";
import {
  compileStep,
  createModel,
  freshState,
  initialValues,
  stepFeeds,
  type StepOptions,
  uploadState,
} from "@lejepa/train";

const batch = 16;
const side = 12;
/** Adam on a small ViT is chaotic, see PRECISION.md of @lejepa/engine: fewer steps of it. */
const models = [
  { encoder: { name: "resnet10", width: 8 }, steps: 50 },
  { encoder: { name: "vit_nano", patchSize: 4 }, steps: 20 },
] as const;

/** Losses by model, and nodes that the device left to the CPU. */
export type LossesResult = Readonly<
  Record<string, { readonly losses: readonly number[]; readonly hostNodes: readonly string[] }>
>;

export async function checkLosses(
  device: Engine["device"],
  quick: boolean,
  precision: Precision,
): Promise<LossesResult> {
  const results: Record<string, LossesResult[string]> = {};
  for (const { encoder, steps } of models) {
    const { options, engine } = await setUp(device, encoder, precision);
    const program = await compileStep(engine, options);
    const state = await uploadState(engine, options.model, freshState(initialValues(options.model, 0), precision));
    const noise = stream(0, "gpu-check images").fillUniform(new Float32Array(batch * side * side * 3));
    const images = Uint8Array.from(noise, (value) => 256 * value);
    const losses: number[] = [];
    for (let step = 0; step < (quick ? 3 : steps); step++) {
      const rows = Uint32Array.from({ length: batch }, (_, i) => i);
      const feeds = stepFeeds(options, { step, epoch: 0, images, rows, learningRate: 1e-5 * (step + 1) });
      for (const [name, tensor] of Object.entries(await program.run({ ...state, ...feeds }))) {
        if (name === "loss") losses.push((await tensor.read())[0] as number);
        tensor.dispose();
      }
    }
    results[encoder.name] = { losses, hostNodes: await program.hostNodes() };
    await engine.dispose();
  }
  return results;
}

async function setUp(
  device: Engine["device"],
  encoder: (typeof models)[number]["encoder"],
  precision: Precision,
): Promise<{ options: StepOptions; engine: Engine }> {
  const input = {
    dataset: { id: "none" },
    data: { imageSize: side },
    views: { globalSize: 8, locals: 1, localSize: 4 },
    encoder,
    projector: { hidden: [8], outDim: 4 },
    objective: { slices: 8 },
    batchSize: batch,
    device: device === "reference" ? "cpu" : device,
    precision,
  } as const;
  const config = withImages(parseConfig(input, "gpu-check"), { channels: 3 });
  const image = {
    height: side,
    width: side,
    channels: 3,
    dtype: "uint8",
    mean: [0.5, 0.5, 0.5],
    std: [0.3, 0.3, 0.3],
  } as const;
  const options = {
    config,
    model: createModel(config),
    views: resolveViews(config, image),
    batch,
    worldSize: 1,
    device,
  };
  return { options, engine: await configuredEngine(config) };
}
