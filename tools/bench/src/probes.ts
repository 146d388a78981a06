// Logistic regression and kNN against scikit-learn on the same features of the same images, one after the other: accuracy at the
// same C and k, and CPU time (each fit from zeros, on both sides; a busy machine says little about seconds on the clock).
//   node dist/probes.js DATA [--threads 1]     DATA/train, DATA/test: one folder a class
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bindDataset } from "@lejepa/contracts";
import { buildStore, splitItems } from "@lejepa/data";
import { folder } from "@lejepa/dataset-folder";
import { createEncoder } from "@lejepa/encoders";
import { createEngine, type Engine } from "@lejepa/engine";
import {
  extractFeatures,
  knnClassify,
  logisticProbe,
  type Matrix,
  matrix,
  pixelFeatures,
  randomEncoder,
  scorePredictions,
} from "@lejepa/eval";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "1" } },
});
const [data] = positionals;
if (data === undefined) throw new Error("usage: node dist/probes.js DATA [--threads N]");

const grid = [0.001, 0.01, 0.1];
const k = 20;

interface Case {
  readonly train: Matrix;
  readonly test: Matrix;
  readonly labels: Int32Array;
  readonly truth: Int32Array;
  readonly classes: number;
}

interface Measured {
  readonly knn: number;
  readonly knnSeconds: number;
  readonly logistic: readonly number[];
  readonly logisticSeconds: readonly number[];
}

// numbers that no encoder made: 2 x 2 block means of the image at 32 pixels, and the embeddings of a random network
async function casesOf(engine: Engine): Promise<Map<string, Case>> {
  const dataset = bindDataset(folder, { path: path.resolve(data as string) });
  const store = await buildStore(dataset, { size: 32, channels: 3, cacheDir: ".lejepa/cache" });
  const { train, test } = splitItems(store.items, { validation: 0, test: 0.2, stratify: true, seed: 0 });
  const labelsOf = (rows: Uint32Array): Int32Array => Int32Array.from(rows, (row) => store.labels[row] as number);
  const common = { labels: labelsOf(train), truth: labelsOf(test), classes: store.classes.length };
  const encoder = createEncoder("resnet10", { channels: 3, width: 64, stem: "small", init: "torch" });
  const frozen = { encoder, values: randomEncoder(encoder, 0), mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], store };
  const network = async (rows: Uint32Array): Promise<Matrix> =>
    (await extractFeatures(engine, { ...frozen, rows })).embedding;
  const cases = new Map<string, Case>([
    ["pixels", { ...common, train: pixelFeatures(store, { rows: train }), test: pixelFeatures(store, { rows: test }) }],
    ["random network", { ...common, train: await network(train), test: await network(test) }],
  ]);
  store.close();
  return cases;
}

async function ours(engine: Engine, { train, test, labels, truth, classes }: Case): Promise<Measured> {
  const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    return [result, (user + system) / 1e6];
  };
  const [knn, knnSeconds] = await timed(() => knnClassify(engine, { train, labels, test, classes, k }));
  const logistic: number[] = [];
  const logisticSeconds: number[] = [];
  const few = { features: matrix(test.data.subarray(0, test.columns), 1, test.columns), labels: truth.subarray(0, 1) };
  for (const c of grid) {
    const options = { train: { features: train, labels }, validation: few, test, classes, grid: [c] };
    const [{ predictions }, seconds] = await timed(() => logisticProbe(engine, options));
    logistic.push(scorePredictions(predictions, truth).accuracy);
    logisticSeconds.push(seconds);
  }
  return { knn: scorePredictions(knn, truth).accuracy, knnSeconds, logistic, logisticSeconds };
}

function theirs({ train, test, labels, truth }: Case): Measured {
  const folderPath = mkdtempSync(path.join(tmpdir(), "probes-"));
  try {
    for (const [name, array] of Object.entries({ train: train.data, test: test.data, labels, truth }))
      writeFileSync(path.join(folderPath, name), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const script = new URL("../python/probes.py", import.meta.url).pathname;
    const args = [script, folderPath, String(train.columns), String(k), flags.threads, ...grid.map(String)];
    const { stdout, stderr, status } = spawnSync("/usr/bin/python3", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Measured;
  } finally {
    rmSync(folderPath, { recursive: true });
  }
}

const engine = await createEngine({ threads: Number(flags.threads) });
for (const [name, one] of await casesOf(engine)) {
  await ours(engine, one);
  const [mine, sklearn] = [await ours(engine, one), theirs(one)];
  const shape = `${one.train.rows} x ${one.train.columns}, ${one.test.rows} test rows`;
  const row = (what: string, a: number, b: number, times: readonly [number, number]): void =>
    console.log(
      `${name} (${shape}) ${what}: ${(100 * a).toFixed(2)} and ${(100 * b).toFixed(2)} % (scikit-learn), ${times[0].toFixed(3)} and ${times[1].toFixed(3)} CPU s, ratio ${(times[0] / times[1]).toFixed(2)}`,
    );
  row(`kNN k=${k}`, mine.knn, sklearn.knn, [mine.knnSeconds, sklearn.knnSeconds]);
  for (const [i, c] of grid.entries())
    row(`C=${c}`, mine.logistic[i] as number, sklearn.logistic[i] as number, [
      mine.logisticSeconds[i] as number,
      sklearn.logisticSeconds[i] as number,
    ]);
}
await engine.dispose();
