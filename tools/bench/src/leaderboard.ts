// Does the score without labels rank runs as labels do? Pretrains a grid of short runs (lambda x learning rate x smallest crop) on
// folders of labelled images and prints `lejepa leaderboard` of them: Spearman's rho with a linear probe's accuracy. All through
// the command, as a user would. Runs that are done are not trained again.
//   node dist/leaderboard.js DATA [--epochs 10] [--size 32] [--batch 128] [--threads 2] [--runs N] [--out runs/leaderboard]
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { lejepa, type Settings, train } from "./command.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: "string", default: "10" },
    size: { type: "string", default: "32" },
    batch: { type: "string", default: "128" },
    threads: { type: "string", default: "2" },
    runs: { type: "string" },
    out: { type: "string", default: "runs/leaderboard" },
  },
});
const [data] = positionals;
if (data === undefined) throw new Error("usage: node dist/leaderboard.js DATA [--epochs N] [--runs N]");

const lambdas = [0.01, 0.05, 0.2];
const learningRates = [5e-4, 5e-3];
const crops = [0.1, 0.5];

interface GridRun {
  readonly folder: string;
  readonly settings: Settings;
}

// the corners first, so that a part of the grid says something too
const grid = lambdas
  .flatMap((lambda) => learningRates.flatMap((rate) => crops.map((crop) => ({ lambda, rate, crop }))))
  .map(({ lambda, rate, crop }, i): GridRun & { readonly order: number } => ({
    order: (i * 5) % 12,
    folder: path.join(values.out, `lambda${lambda}-lr${rate}-crop${crop}`),
    settings: {
      "objective.lambda": lambda,
      "optimizer.learningRate": rate,
      "views.globalScale": [crop, 1],
      "views.localScale": [crop / 2, Math.min(0.9, 2 * crop)],
    },
  }))
  .sort((a, b) => a.order - b.order)
  .slice(0, values.runs === undefined ? undefined : Number(values.runs));

const size = Number(values.size);
const common: Settings = {
  "dataset.id": "folder",
  "dataset.options": { path: path.resolve(data) },
  "data.imageSize": size,
  "data.splits.validation": 0.1,
  "views.globals": 2,
  "views.globalSize": size,
  "views.locals": 2,
  "views.localSize": Math.floor(size / 2),
  "encoder.name": "resnet10",
  "encoder.width": 32,
  "encoder.smallStem": true,
  "encoder.stemStride": 2,
  "encoder.strides": [1, 2, 2, 1],
  "encoder.init": "torch",
  "projector.hidden": [512],
  "objective.slices": 512,
  "schedule.epochs": Number(values.epochs),
  "schedule.warmupEpochs": Number(values.epochs) / 10,
  "probe.everyEpochs": 0,
  batchSize: Number(values.batch),
  threads: Number(values.threads),
};

const start = performance.now();
for (const { folder, settings } of grid) await train(folder, { ...common, ...settings });
const folders = grid.map(({ folder }) => folder);
mkdirSync(values.out, { recursive: true });
const page = path.join(values.out, "leaderboard.html");
const document = await lejepa(["leaderboard", ...folders, "--html", page, "--json", "--quiet"]);
writeFileSync(path.join(values.out, "leaderboard.json"), document);
const { entries, agreement } = JSON.parse(document) as {
  entries: { name: string; score: number; trainLoss: number; accuracy?: { linear: number; knn: number } }[];
  agreement: { measure: string; rho: number; n: number; pValue: number; interval: readonly number[] | null }[];
};
const percent = (share: number | undefined): string => (share === undefined ? "none" : `${(100 * share).toFixed(1)} %`);
for (const { name, score, accuracy } of entries)
  console.log(
    `${name.padEnd(32)} score ${score.toFixed(4)}  linear ${percent(accuracy?.linear)}  kNN ${percent(accuracy?.knn)}`,
  );
for (const { measure, rho, n, pValue, interval } of agreement) {
  const range = interval === null ? "" : ` (${interval.map((end) => end.toFixed(2)).join(" to ")})`;
  console.log(`Spearman of ${measure}: ${rho.toFixed(3)}${range}, n = ${n}, p = ${pValue.toPrecision(2)}`);
}
console.log(`${((performance.now() - start) / 60_000).toFixed(1)} minutes`);
