// A small run in a process of its own, from the built files: node pretrain-in-child.mjs FOLDER OUT [resume]. Prints a line a step.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineDataset } from "@lejepa/contracts";
import { z } from "zod";
import { pretrain } from "../dist/index.js";

const [folder = "", out = "", resume] = process.argv.slice(2);
const path = join(folder, "images.txt");
if (!existsSync(path)) writeFileSync(path, "");

const plugin = defineDataset({
  id: "numbers",
  title: "Numbers",
  license: "MIT",
  citation: "",
  options: z.strictObject({}),
  index: async () => ({
    items: Array.from({ length: 24 }, (_, number) => ({ id: `${number}`, source: { path, number } })),
  }),
  decode: async ({ source }, { target: { size, channels } }) => {
    const data = Uint8Array.from({ length: size * size * channels }, (_, i) => (i * (Number(source.number) + 3)) % 251);
    return { data, width: size, height: size, channels, dtype: "uint8" };
  },
  domain: { name: "natural", reason: "test" },
});

const config = {
  dataset: { id: "numbers", options: {}, plugin },
  data: { imageSize: 16, cacheDir: join(folder, "cache"), splits: { validation: 0 } },
  views: { globalSize: 16, locals: 2, localSize: 8 },
  encoder: { name: "resnet10", width: 4 },
  projector: { hidden: [16], outDim: 8 },
  objective: { slices: 32 },
  schedule: { epochs: 4 },
  checkpoint: { everySteps: 1, keep: 99 },
  batchSize: 8,
  threads: 1,
};

const { status } = await pretrain(config, {
  out,
  resume: resume === "resume",
  onProgress: (event) => event.kind === "step" && process.stdout.write(`${event.metrics.step}\n`),
});
process.stdout.write(`${status}\n`);
