// Does the project learn as well as PyTorch with the same recipe? Trains a small ResNet with LeJEPA on folders of images
// (DATA/train, DATA/test, one folder a class; e.g. CIFAR-10) and prints plain accuracies of the frozen embedding: kNN (20
// neighbours, temperature 0.07, the training images vote) and logistic regression (standardised; the best of C = 0.003, 0.03,
// 0.3 on the test images, so slightly optimistic, as on the other side).
//   node dist/parity.js DATA [--epochs 20] [--seeds 0,1,2] [--every 5] [--threads 2] [--out runs/parity]
import path from "node:path";
import { parseArgs } from "node:util";
import { bindDataset, type Config, parseConfig } from "@lejepa/contracts";
import { buildStore, type ImageStore, type Splits, splitItems } from "@lejepa/data";
import { folder } from "@lejepa/dataset-folder";
import { createEngine } from "@lejepa/engine";
import {
  extractFeatures,
  type FrozenEncoder,
  knnClassify,
  logisticProbe,
  randomEncoder,
  scorePredictions,
} from "@lejepa/eval";
import { listCheckpoints, loadEncoder, pretrain } from "@lejepa/train";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: "string", default: "20" },
    seeds: { type: "string", default: "0,1,2" },
    every: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "runs/parity" },
  },
});

const [data] = positionals;
if (data === undefined) throw new Error("usage: node dist/parity.js DATA [--epochs N] [--seeds 0,1,2]");

const imageSize = 32;
const cacheDir = ".lejepa/cache";
const dataset = bindDataset(folder, { path: path.resolve(data) });

/** The recipe: 2 global views of 32 and 4 local ones of 16 pixels, ResNet-10 of width 32, projector 512-512-32. */
function recipe(seed: number): Config {
  return parseConfig(
    {
      dataset,
      seed,
      data: { imageSize, cacheDir, splits: { validation: 0 } },
      views: { globals: 2, globalSize: 32, locals: 4, localSize: 16 },
      augment: {
        colorJitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0 },
        grayscale: { probability: 0.2 },
        gaussianBlur: { probability: 0 },
        solarize: { probability: 0 },
      },
      encoder: { name: "resnet10", width: 32, smallStem: true, stemStride: 2, strides: [1, 2, 2, 1], init: "torch" },
      projector: { hidden: [512, 512], outDim: 32 },
      objective: { lambda: 0.05, slices: 256 },
      optimizer: { learningRate: 1e-3, weightDecay: 0.05 },
      schedule: { epochs: Number(values.epochs), warmupEpochs: 1 },
      batchSize: 256,
      threads: Number(values.threads),
      checkpoint: { keep: 1_000 },
      probe: { everyEpochs: 0 },
    },
    "parity",
  );
}

interface Images {
  readonly store: ImageStore;
  readonly splits: Splits;
}

async function measure(name: string, frozen: FrozenEncoder, { store, splits }: Images): Promise<void> {
  const engine = await createEngine({ threads: Number(values.threads) });
  const features = async (rows: Uint32Array) => (await extractFeatures(engine, { ...frozen, store, rows })).embedding;
  const labels = (rows: Uint32Array): Int32Array => Int32Array.from(rows, (row) => store.labels[row] as number);
  const [train, test, known, truth] = [
    await features(splits.train),
    await features(splits.test),
    labels(splits.train),
    labels(splits.test),
  ];
  const classes = store.classes.length;
  const accuracy = (predicted: Int32Array): number => scorePredictions(predicted, truth).accuracy;
  const knn = accuracy(await knnClassify(engine, { train, labels: known, test, classes, k: 20, temperature: 0.07 }));
  const logistic: number[] = [];
  for (const c of [0.003, 0.03, 0.3]) {
    const validation = { features: test, labels: truth };
    const options = { train: { features: train, labels: known }, validation, test, classes, grid: [c] };
    logistic.push(accuracy((await logisticProbe(engine, options)).predictions));
  }
  await engine.dispose();
  console.log(`${name}: kNN ${knn.toFixed(3)} logreg ${Math.max(...logistic).toFixed(3)}`);
}

async function runSeed(seed: number, images: Images): Promise<void> {
  const config = recipe(seed);
  const out = path.join(values.out, `seed-${seed}`);
  const started = performance.now();
  const { info, folder: run } = await pretrain(config, {
    out,
    onProgress(event) {
      if (event.kind === "message") console.error(event.text);
      if (event.kind !== "checkpoint") return;
      console.error(`seed ${seed}: step ${event.step}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
    },
  });
  const { mean, std } = info.data;
  const spec = loadEncoder(run).encoder;
  await measure(`seed ${seed} random`, { encoder: spec, values: randomEncoder(spec, seed), mean, std }, images);
  const { perEpoch, done } = info.steps;
  for (const step of listCheckpoints(run)) {
    const epoch = step / perEpoch;
    if (step !== done && epoch % Number(values.every) !== 0) continue;
    const { encoder, values: weights } = loadEncoder(run, { checkpoint: step });
    await measure(`seed ${seed} epoch ${epoch}`, { encoder, values: weights, mean, std }, images);
  }
  const rate = (config.batchSize * done) / info.seconds;
  console.log(
    `seed ${seed}: ${(info.seconds / done).toFixed(3)} s a step, ${rate.toFixed(0)} images/s, waiting for data ${(100 * info.dataWaitShare).toFixed(1)} %`,
  );
}

const store = await buildStore(dataset, { size: imageSize, channels: 3, cacheDir });
const splits = splitItems(store.items, { validation: 0, test: 0, stratify: true, seed: 0 });
console.log(
  `${splits.train.length} images to train on, ${splits.test.length} to test, ${store.classes.length} classes`,
);
for (const seed of values.seeds.split(",").map(Number)) await runSeed(seed, { store, splits });
store.close();
