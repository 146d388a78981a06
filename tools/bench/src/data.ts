// Data loading here, timed in its own process: `node data.js FOLDER WORKERS` with a case on stdin. The first decode of all
// files into the cache, and afterwards batches out of it. Prints one JSON line like python/data.py.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bindDataset } from "@lejepa/contracts";
import { buildStore, createBatchLoader, createSampler } from "@lejepa/data";
import { folder } from "@lejepa/dataset-folder";
import type { DataCase } from "./cases.ts";
import { type DataMeasured, readCase } from "./input.ts";

const BATCH = 128;
const BATCHES = 200;

const [source = ".", workers = "2"] = process.argv.slice(2);
const { to, files } = await readCase<DataCase>();
const cacheDir = await mkdtemp(path.join(os.tmpdir(), "lejepa-bench-"));
try {
  const decodeStart = performance.now();
  const store = await buildStore(bindDataset(folder, { path: source }), {
    size: to,
    channels: 3,
    cacheDir,
    workers: Number(workers),
  });
  const decoded = performance.now() - decodeStart;
  const rows = Uint32Array.from({ length: files }, (_, i) => i);
  const loader = createBatchLoader(store, { sampler: createSampler(rows, { batchSize: BATCH, seed: 0 }) });
  await loader.next(); // the thread has started
  const start = performance.now();
  for (let i = 0; i < BATCHES; i++) await loader.next();
  const cached = performance.now() - start;
  await loader.close();
  store.close();
  const measured: DataMeasured = {
    decodedPerSecond: (files / decoded) * 1e3,
    cachedPerSecond: ((BATCH * BATCHES) / cached) * 1e3,
  };
  console.log(JSON.stringify(measured));
} finally {
  await rm(cacheDir, { recursive: true, force: true });
}
