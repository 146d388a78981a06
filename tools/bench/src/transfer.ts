// Pretrained on one's own images, or taken off the shelf? Trains a small encoder on each of five labelled sets of real images for a few
// minutes of two CPU cores, by the domain's policy, and compares it with random weights, pixels and ImageNet encoders: the table of the
// README. All through the command, as a user would; runs that are done are not trained again.
//   node dist/transfer.js SHARED_DATA [--sets galaxies,chest,satellite,food,cifar10] [--seed 0] [--epochs N] [--threads 2] [--out runs/transfer]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { lejepa, type Settings, train } from "./command.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: "string", default: "galaxies,chest,satellite,food,cifar10" },
    seed: { type: "string", default: "0" },
    epochs: { type: "string" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "runs/transfer" },
  },
});
const [shared] = positionals;
if (shared === undefined) throw new Error("usage: node dist/transfer.js SHARED_DATA [--sets ...] [--out DIR]");
const data = (...parts: string[]): string => path.resolve(shared, ...parts);
mkdirSync(values.out, { recursive: true });

/** One set of images. */
interface Images {
  readonly dataset: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly policy: string;
  readonly batchSize: number;
  readonly epochs: number;
  readonly settings?: Settings;
}

// spirals that differ in their sense alone are one class under flips
function mergedSpirals(): string {
  const file = path.resolve(values.out, "galaxies.csv");
  const lines = readFileSync(data("galaxy/galaxyzoo1_sdss/labels.csv"), "utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => {
    const [name, label = ""] = line.trim().split(",");
    return `${data("galaxy/galaxyzoo1_sdss", name as string)},${label.replace(/_a?cw$/, "")}`;
  });
  writeFileSync(file, `path,label\n${rows.join("\n")}\n`);
  return file;
}

const sets: Readonly<Record<string, () => Images>> = {
  galaxies: () => ({
    dataset: "folder",
    options: { path: data("galaxy/galaxyzoo1_sdss"), labels: mergedSpirals() },
    policy: "galaxy",
    batchSize: 64,
    epochs: 60,
  }),
  chest: () => ({
    dataset: "dicom",
    // all files name one placeholder for the patient
    options: {
      path: data("dicom/chest_xray_labelled"),
      labels: "labels.csv",
      columns: { path: "file" },
      group: "study",
    },
    policy: "xray",
    batchSize: 32,
    epochs: 150,
  }),
  satellite: () => ({
    dataset: "geotiff",
    options: {
      path: data("geotiff/neon_sites_chips"),
      labels: "labels.csv",
      columns: { path: "file", group: "source_tile" },
    },
    policy: "satellite-optical",
    batchSize: 32,
    epochs: 150,
  }),
  food: () => ({
    dataset: "folder",
    options: { path: data("food/food101") },
    policy: "food",
    batchSize: 32,
    epochs: 100,
  }),
  cifar10: () => ({
    dataset: "folder",
    options: { path: data("folders/cifar10") },
    policy: "natural",
    batchSize: 128,
    epochs: 15,
    settings: {
      "data.imageSize": 32,
      "data.splits.test": 0,
      "views.globalSize": 32,
      "views.localSize": 16,
      "encoder.strides": [1, 2, 2, 1],
    },
  }),
};

function settingsOf({ dataset, options, policy, batchSize, epochs, settings }: Images): Settings {
  return {
    "dataset.id": dataset,
    "dataset.options": options,
    "data.splits.validation": 0.15,
    "data.splits.test": 0.35,
    "augment.policy": policy,
    "data.imageSize": 80,
    "views.globals": 2,
    "views.globalSize": 64,
    "views.locals": 4,
    "views.localSize": 28,
    "encoder.name": "resnet10",
    "encoder.width": 32,
    "encoder.smallStem": true,
    "encoder.stemStride": 2,
    "encoder.init": "torch",
    "projector.hidden": [512, 512],
    "projector.outDim": 32,
    "objective.slices": 256,
    "optimizer.learningRate": 1e-3,
    "schedule.epochs": Number(values.epochs ?? epochs),
    "schedule.warmupEpochs": Number(values.epochs ?? epochs) / 20,
    "probe.everyEpochs": 0,
    batchSize,
    seed: Number(values.seed),
    threads: Number(values.threads),
    ...settings,
  };
}

const pixelScale = `size=224&mean=${128 / 255}&std=${128 / 255}&output=features`;
const baselines = [
  "random",
  "pixels",
  `${data("models/onnx/mobilenet_v2_1.0_224_imagenet.onnx")}?${pixelScale}`,
  `${data("models/onnx/mobilenet_v1_1.0_224_imagenet_features.onnx")}?${pixelScale}`,
];

for (const name of values.sets.split(",")) {
  const images = sets[name]?.();
  if (images === undefined) throw new Error(`no set ${name}; there are ${Object.keys(sets).join(", ")}`);
  const folder = path.join(values.out, `${name}-${values.seed}`);
  const started = performance.now();
  await train(folder, settingsOf(images));
  const page = path.join(values.out, `${name}-${values.seed}-verdict`);
  if (!existsSync(page)) {
    const against = baselines.flatMap((baseline) => ["--baseline", baseline]);
    const asked = ["--probe", "knn,logistic", "--shots", "1,5,10,all", "--quiet"];
    await lejepa(["compare", "--run", folder, ...against, ...asked, "--out", page]);
  }
  console.log(`\n# ${name}, ${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
  console.log(readFileSync(path.join(page, "comparison.txt"), "utf8"));
}
