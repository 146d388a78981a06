// Does a domain's augmentation policy teach more than the paper's, or than crops alone? Trains the same small encoder on the same images
// by each, several seeds, and probes the frozen features by cross-validation over groups (kNN and linear probe, balanced accuracy).
// Pretraining sees all images without labels; what is compared is the policies, not the split.
//   node dist/ablation.js SHARED_DATA [--sets galaxies,chest,satellite,food] [--policies domain,natural,crops] [--seeds 0,1,2]
//     [--steps 150] [--batch 64] [--threads 2] [--out runs/ablation]
// One JSON file a run; runs that are there already are not repeated.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type AugmentationPolicy, type Config, defineAugmentation, parseConfig } from "@lejepa/contracts";
import { buildStore, type ImageStore } from "@lejepa/data";
import { createEngine } from "@lejepa/engine";
import { extractFeatures, type FrozenEncoder, meanInterval, randomEncoder } from "@lejepa/eval";
import { loadEncoder, pretrain } from "@lejepa/train";
import { type AblationSet, ablationSets } from "./ablation-sets.ts";
import { crossValidate, type FoldScores } from "./cross-validate.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: "string", default: "galaxies,chest,satellite,food" },
    policies: { type: "string", default: "domain,natural,crops" },
    seeds: { type: "string", default: "0,1,2" },
    steps: { type: "string", default: "150" },
    batch: { type: "string", default: "64" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "runs/ablation" },
  },
});
const [shared] = positionals;
if (shared === undefined) throw new Error("usage: node dist/ablation.js SHARED_DATA [--sets ...] [--seeds 0,1,2]");

const cacheDir = ".lejepa/cache";
const out = path.resolve(values.out);

const crops = defineAugmentation({
  name: "crops-alone",
  title: "crops and nothing else",
  sources: ["the ablation without augmentation"],
});

interface Trained {
  readonly set: AblationSet;
  readonly store: ImageStore;
  readonly policy: string;
  readonly seed: number;
}

function policyOf({ set, policy }: Pick<Trained, "set" | "policy">): string | AugmentationPolicy {
  if (policy === "crops") return crops;
  return policy === "domain" ? set.policy : policy;
}

// the views' scales are the paper's for all, so that operations alone differ
function recipe(run: Trained): Config {
  const { set, store, seed } = run;
  const batchSize = Number(values.batch);
  const perEpoch = Math.max(1, Math.floor(store.count / batchSize));
  const steps = Number(values.steps);
  return parseConfig(
    {
      dataset: set.dataset,
      seed,
      batchSize,
      threads: Number(values.threads),
      data: { imageSize: 48, channels: set.channels, cacheDir, splits: { validation: 0 } },
      views: { globals: 2, globalSize: 32, locals: 4, localSize: 16, ...set.views },
      augment: { policy: policyOf(run) },
      encoder: { name: "resnet10", width: 32, smallStem: true, stemStride: 2, init: "torch" },
      projector: { hidden: [512, 512], outDim: 32 },
      objective: { slices: 256 },
      optimizer: { learningRate: 1e-3, weightDecay: 0.05 },
      schedule: { epochs: Math.ceil(steps / perEpoch), maxSteps: steps },
      checkpoint: { keep: 1, everySteps: steps },
      probe: { everyEpochs: 0 },
    },
    "ablation",
  );
}

async function probe(frozen: FrozenEncoder, { set, store }: Pick<Trained, "set" | "store">): Promise<FoldScores> {
  const engine = await createEngine({ threads: Number(values.threads) });
  const { embedding, probe: features } = await extractFeatures(engine, { ...frozen, store });
  try {
    return await crossValidate(engine, { embedding, features, store, mergeClasses: set.mergeClasses });
  } finally {
    await engine.dispose();
  }
}

async function measure(run: Trained): Promise<FoldScores> {
  const file = path.join(out, `${run.set.name}-${run.policy}-${run.seed}-${values.steps}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as FoldScores;
  const folder = path.join(out, "run");
  rmSync(folder, { recursive: true, force: true });
  const started = performance.now();
  await pretrain(recipe(run), { out: folder });
  const { encoder, values: weights, image } = loadEncoder(folder);
  const scores = await probe({ encoder, values: weights, ...image }, run);
  writeFileSync(file, `${JSON.stringify(scores)}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.error(
    `${run.set.name} ${run.policy} seed ${run.seed}: ${percent([scores.knn])} ${percent([scores.linear])}, ${seconds} s`,
  );
  if (run.seed === Number(values.seeds.split(",")[0])) await measureRandom(run, { encoder, values: weights, ...image });
  return scores;
}

// once a set: the encoder before training
async function measureRandom(run: Trained, frozen: FrozenEncoder): Promise<void> {
  const file = path.join(out, `${run.set.name}-random.json`);
  if (existsSync(file)) return;
  const scores: FoldScores[] = [];
  for (const seed of values.seeds.split(",").map(Number))
    scores.push(await probe({ ...frozen, values: randomEncoder(frozen.encoder, seed) }, run));
  writeFileSync(file, `${JSON.stringify(scores)}\n`);
}

// mean and 95 % interval over seeds
function percent(shares: readonly number[]): string {
  const { mean, halfWidth } = meanInterval(shares);
  return `${(100 * mean).toFixed(1)}${halfWidth === null ? "" : ` ± ${(100 * halfWidth).toFixed(1)}`}`;
}

mkdirSync(out, { recursive: true });
const lines = ["| images | policy | kNN | linear probe |", "|---|---|---|---|"];
for (const set of ablationSets(shared).filter(({ name }) => values.sets.split(",").includes(name))) {
  const store = await buildStore(set.dataset, { size: 48, channels: set.channels, cacheDir });
  for (const policy of values.policies.split(",")) {
    const scores: FoldScores[] = [];
    for (const seed of values.seeds.split(",").map(Number)) scores.push(await measure({ set, store, policy, seed }));
    const name = policy === "domain" ? `domain (${set.policy})` : policy;
    lines.push(
      `| ${set.name} | ${name} | ${percent(scores.map(({ knn }) => knn))} | ${percent(scores.map(({ linear }) => linear))} |`,
    );
  }
  const random = JSON.parse(readFileSync(path.join(out, `${set.name}-random.json`), "utf8")) as FoldScores[];
  lines.push(
    `| ${set.name} | (random init) | ${percent(random.map(({ knn }) => knn))} | ${percent(random.map(({ linear }) => linear))} |`,
  );
  store.close();
}
console.log(lines.join("\n"));
