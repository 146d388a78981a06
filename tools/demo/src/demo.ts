// The demo from images to table: train with several seeds, probe, draw. Not a benchmark of speed (tools/bench).
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type BoundDataset, bindDataset, parseConfig } from "@lejepa/contracts";
import { buildStore, expectClasses, type ImageStore, type Splits, splitItems } from "@lejepa/data";
import { folder } from "@lejepa/dataset-folder";
import { createEngine, type Engine } from "@lejepa/engine";
import {
  type Candidate,
  type Comparison,
  compareEncoders,
  formatComparison,
  type Matrix,
  matrix,
  type Neighbours,
  nearestNeighbours,
  type OpenContext,
  type OpenedEncoder,
  openEncoder,
} from "@lejepa/eval";
import { loadEncoder, pretrain } from "@lejepa/train";
import { cutChips } from "./chips.ts";
import type { DemoOptions } from "./options.ts";
import { drawNeighbours, type PictureRow } from "./picture.ts";
import { createProgress } from "./progress.ts";
import { recipe, workload } from "./recipe.ts";

const cacheDir = ".lejepa/cache";

interface Images {
  readonly store: ImageStore;
  readonly splits: Splits;
  readonly dataset: BoundDataset;
  readonly channels: 1 | 3;
  readonly batchSize: number;
  readonly steps: number;
}

/**
 * Runs the demo and returns the comparison. Writes `result.json`, `table.txt`, `neighbours.png` and the runs to the output folder.
 *
 * @throws LejepaError what its parts throw, E_DATA for images without classes
 */
export async function demo(options: DemoOptions, say: (text: string) => void): Promise<Comparison> {
  const started = performance.now();
  const out = resolve(
    options.out ?? (options.data === undefined ? "runs/demo" : `runs/demo-${basename(resolve(options.data))}`),
  );
  const images = await openImages(options);
  const { store, splits } = images;
  try {
    say(
      `${store.count} images of ${store.classes.length} classes: ${splits.train.length} to train on, ${splits.validation.length} + ${splits.test.length} held out`,
    );
    clear(out);
    const trained: string[] = [];
    for (let seed = 0; seed < options.seeds; seed++)
      trained.push(await trainSeed(images, { ...options, seed, out, say }));
    const result = await compare(images, trained, { out, say });
    const seconds = Math.round((performance.now() - started) / 1000);
    const table = formatComparison(result);
    writeFileSync(join(out, "table.txt"), table);
    writeFileSync(
      join(out, "result.json"),
      `${JSON.stringify({ ...result, context: { seconds, steps: images.steps, batchSize: images.batchSize } }, null, 2)}\n`,
    );
    say(`\n${table}\nWritten to ${out} in ${seconds} s: table.txt, result.json, neighbours.png and the runs.`);
    say(
      "neighbours.png: left a test image of each class, then its nearest training images: LeJEPA | random init | pixels.",
    );
    return result;
  } finally {
    store.close();
  }
}

async function openImages({ data, steps }: DemoOptions): Promise<Images> {
  // the version is part of the name: other chips, another folder
  const path = data ?? (await cutChips(new URL("../scenes/", import.meta.url), resolve(".lejepa/demo-chips-1")));
  const channels = data === undefined ? 1 : 3;
  const dataset = bindDataset(folder, { path });
  const config = parseConfig(
    recipe({ dataset, channels, cacheDir, seed: 0, batchSize: 16, epochs: 1, maxSteps: 1 }),
    "demo",
  );
  const store = await buildStore(dataset, { size: config.data.imageSize, channels, cacheDir });
  expectClasses("demo", store);
  const splits = splitItems(store.items, config.data.splits);
  const suited = data === undefined ? { batchSize: 128, steps: 102 } : workload(splits.train.length);
  return { store, splits, dataset, channels, batchSize: suited.batchSize, steps: steps ?? suited.steps };
}

// only what an earlier demo wrote
function clear(out: string): void {
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) {
    const run = join(out, name);
    if (/^seed-\d+$/.test(name) && existsSync(join(run, "run.json"))) rmSync(run, { recursive: true });
  }
}

interface TrainOptions extends DemoOptions {
  readonly seed: number;
  readonly say: (text: string) => void;
}

async function trainSeed(
  { dataset, channels, splits, batchSize, steps }: Images,
  { seed, seeds, out, say }: TrainOptions,
): Promise<string> {
  const epochs = Math.max(1, Math.round(steps / Math.floor(splits.train.length / batchSize)));
  const progress = createProgress(process.stderr, `training ${seed + 1} of ${seeds}`);
  const run = join(out ?? "", `seed-${seed}`);
  const config = recipe({ dataset, channels, cacheDir, seed, batchSize, epochs, maxSteps: steps });
  let rate = 0;
  const { info, last } = await pretrain(config, {
    out: run,
    onProgress(event) {
      if (event.kind === "message") progress.line(event.text);
      if (event.kind !== "step") return;
      const { step, loss, stepMs } = event.metrics;
      rate = rate === 0 ? stepMs : 0.95 * rate + 0.05 * stepMs;
      const left = Math.round(((event.endStep - step) * rate) / 1000);
      progress.step({
        done: step,
        total: event.endStep,
        note: `loss ${loss.toFixed(3)}, ${Math.round((1000 * batchSize) / rate)} images/s, ${left} s left`,
      });
    },
  });
  progress.line(
    `training ${seed + 1} of ${seeds}: loss ${last?.loss.toFixed(3)}, ${info.seconds.toFixed(0)} s, ${(100 * info.dataWaitShare).toFixed(1)} % of it waiting for data`,
  );
  if (seed === 0)
    say(`${info.parameters} parameters, ${epochs} passes over the images, ${steps} steps of ${batchSize}, no labels`);
  return run;
}

interface CompareOptions {
  readonly out: string;
  readonly say: (text: string) => void;
}

async function compare(
  { store, splits }: Images,
  trained: readonly string[],
  { out, say }: CompareOptions,
): Promise<Comparison> {
  const engine = await createEngine();
  const context: OpenContext = { engine, images: { store, train: splits.train }, cacheDir };
  const open = (references: readonly string[], like?: OpenContext["like"]): Promise<OpenedEncoder[]> =>
    Promise.all(references.map((reference, seed) => openEncoder(reference, { ...context, like, seed })));
  try {
    const [lejepa, random, pixels] = [
      await open(trained),
      await open(
        trained.map(() => "random"),
        loadEncoder(trained[0] as string),
      ),
      await open(["pixels"]),
    ];
    const candidates: Candidate[] = [
      { name: "LeJEPA", encoders: lejepa },
      { name: "random init", encoders: random },
      { name: "pixels", encoders: pixels },
    ];
    const result = await compareEncoders(engine, {
      store,
      splits,
      candidates,
      seeds: Math.max(3, trained.length),
      onProgress: (what) => say(`probing ${what}`),
    });
    const rows = Uint32Array.from({ length: store.count }, (_, i) => i);
    const features: Matrix[] = [];
    for (const [encoder] of [lejepa, random, pixels]) {
      if (encoder !== undefined) features.push((await encoder.extract(store, rows)).embedding);
    }
    const neighbours = await pictureRows(engine, features, { store, splits });
    await drawNeighbours(store, neighbours, join(out, "neighbours.png"));
    return result;
  } finally {
    await engine.dispose();
  }
}

/** For the middle test image of each class: its nearest training images by each kind of features. */
async function pictureRows(
  engine: Engine,
  features: readonly Matrix[],
  { store, splits: { train, test } }: Pick<Images, "store" | "splits">,
): Promise<PictureRow[]> {
  const queries = store.classes.slice(0, 12).flatMap((_, label) => {
    const rows = test.filter((row) => store.labels[row] === label);
    const middle = rows[Math.floor(rows.length / 2)];
    return middle === undefined ? [] : [middle];
  });
  const found: Neighbours[] = [];
  for (const all of features) found.push(await nearestNeighbours(engine, pick(all, train), pick(all, queries), 5));
  return queries.map((query, i) => ({
    query,
    blocks: found.map(({ index, k }) => Array.from(index.subarray(i * k, (i + 1) * k), (row) => train[row] as number)),
  }));
}

function pick(m: Matrix, rows: ArrayLike<number>): Matrix {
  const data = new Float32Array(rows.length * m.columns);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    data.set(m.data.subarray(row * m.columns, (row + 1) * m.columns), i * m.columns);
  }
  return matrix(data, rows.length, m.columns);
}
