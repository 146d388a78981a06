// Views of one batch in this project, timed in its own process: `node views.js BATCHES THREADS [profile]` with a case on stdin. Prints
// one JSON line like python/views.py; with `profile`, the time of each kind of operator instead.
import { applyViews, drawViews, type ViewSpec, viewSignature } from "@lejepa/augment";
import { stream } from "@lejepa/contracts";
import { configuredEngine } from "@lejepa/engine";
import type * as tf from "@tensorflow/tfjs";
import { readArguments, readCase, report } from "./input.ts";
import type { ViewCase } from "./view-cases.ts";

const c = await readCase<ViewCase>();
const { steps, engine: settings } = readArguments();
const { batch, imageSize, channels, operations, border } = c;
const spec: ViewSpec = {
  image: { height: imageSize, width: imageSize, channels, dtype: "uint8" },
  mean: Array<number>(channels).fill(0.5),
  std: Array<number>(channels).fill(0.25),
  interpolation: "bilinear",
  border,
  groups: c.groups.map((group) => ({ ...group, operations })),
};
const shape = [batch, imageSize, imageSize, channels];
const engine = await configuredEngine({ ...settings, device: "cpu" });
const signature = { images: { shape, dtype: "uint8" as const }, ...viewSignature(spec, batch) };
const program = await engine.compile((inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
  return { ...applyViews(inputs["images"] as tf.Tensor, inputs, spec) };
}, signature);
const length = batch * imageSize * imageSize * channels;
const images = Uint8Array.from(stream(0, "pixels").fillUniform(new Float32Array(length), 0, 255));
const items = Array.from({ length: batch }, (_, i) => i);
const drawMilliseconds: number[] = [];

async function run(i: number): Promise<void> {
  const start = performance.now();
  const drawn = drawViews(spec, { seed: 0, epoch: i, items });
  drawMilliseconds.push(performance.now() - start);
  const views = await program.run({ images, ...drawn });
  for (const tensor of Object.values(views)) tensor.dispose();
}

if (process.argv[4] === "profile") {
  for (const { op, calls, milliseconds } of await program.profile(
    { images, ...drawViews(spec, { seed: 0, epoch: 0, items }) },
    steps,
  ))
    console.log(op, calls, milliseconds.toFixed(2));
} else {
  await report(steps, run, () => ({ drawMilliseconds }));
}
await engine.dispose();
