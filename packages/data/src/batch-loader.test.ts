import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { caught } from "@lejepa/contracts/testing";
import { expect, onTestFinished, test } from "vitest";
import { manyToys, temporaryFolder, writeToys } from "./_toy.test-helper.ts";
import { createBatchLoader, type BatchLoaderOptions } from "./batch-loader.ts";
import { buildStore } from "./build-store.ts";
import { createPartners } from "./partners.ts";
import { createSampler } from "./sampler.ts";
import type { ImageStore } from "./types.ts";

async function openToys(count = 30): Promise<ImageStore> {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(count));
  const store = await buildStore(dataset, { size: 4, channels: 3, cacheDir: join(root, "cache"), workers: 1 });
  onTestFinished(() => store.close());
  return store;
}

const allRows = (store: ImageStore): Uint32Array => Uint32Array.from(store.items.keys());
const sampler = (store: ImageStore) => createSampler(allRows(store), { batchSize: 8, seed: 1 });

/** The next `count` batches, copied out. */
async function take(store: ImageStore, count: number, options: Partial<BatchLoaderOptions> = {}) {
  const loader = createBatchLoader(store, { sampler: sampler(store), ...options });
  const batches = [];
  for (let i = 0; i < count; i++) {
    const { images, partners, ...batch } = await loader.next();
    const others = partners && { rows: partners.rows, images: [...partners.images] };
    batches.push({ ...batch, images: [...images], ...(others && { partners: others }) });
  }
  await loader.close();
  return batches;
}

test("batches hold the rows of the sampler, in order", async () => {
  const store = await openToys();
  const batches = await take(store, 7);
  const wanted = sampler(store);
  expect(batches.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(batches.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1, 2]);
  for (const { step, rows, labels, images } of batches) {
    expect(rows).toEqual(wanted.batch(step));
    expect([...labels]).toEqual([...rows].map((row) => store.labels[row]));
    expect(images).toEqual([...store.read(rows)]);
  }
});

test("partners come with their images", async () => {
  const store = await openToys();
  const items = store.items.map((_, row) => ({ place: String(row >> 1) }));
  const partners = createPartners(items, allRows(store), { seed: 1, probability: 0.5 });
  const paired = createSampler(allRows(store), { batchSize: 8, seed: 1, partners });
  const plain = await take(store, 5);
  for (const [step, batch] of (await take(store, 5, { sampler: paired })).entries()) {
    const { partners: others, ...rest } = batch;
    expect(rest).toEqual(plain[step]);
    expect(others?.rows).toEqual(paired.partners?.(step));
    expect([...(others?.images ?? [])]).toEqual([...store.read(others?.rows ?? [])]);
  }
});

test("threads and read-ahead change nothing, and any step can be the first", async () => {
  const store = await openToys();
  const all = await take(store, 12);
  expect(await take(store, 12, { workers: 3, ahead: 5 })).toEqual(all);
  expect(await take(store, 12, { ahead: 1 })).toEqual(all);
  expect(await take(store, 5, { startStep: 7 })).toEqual(all.slice(7));
});

test("while the caller blocks its thread, the next batches are read", async () => {
  const store = await openToys();
  const loader = createBatchLoader(store, { sampler: sampler(store), ahead: 2 });
  await loader.next();
  const before = loader.times.waitedMs;
  for (let step = 1; step <= 8; step++) {
    // as session.run does
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    await loader.next();
  }
  expect(loader.times.batches).toBe(9);
  expect(loader.times.waitedMs - before).toBeLessThan(0.05 * 8 * 60);
  await loader.close();
});

test("the batch in hand keeps its pixels until the next is asked for", async () => {
  const store = await openToys();
  const loader = createBatchLoader(store, { sampler: sampler(store) });
  for (let i = 0; i < 10; i++) {
    const { images, rows } = await loader.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([...images]).toEqual([...store.read(rows)]);
  }
  await loader.close();
});

test("batches that are held keep their pixels while later ones are handed out", async () => {
  const store = await openToys();
  const loader = createBatchLoader(store, { sampler: sampler(store), held: 2 });
  let before = await loader.next();
  for (let i = 0; i < 5; i++) {
    const batch = await loader.next();
    for (const { images, rows } of [before, batch]) expect([...images]).toEqual([...store.read(rows)]);
    before = batch;
  }
  await loader.close();
});

test("stopped on request, closed, and a file that goes away", async () => {
  const store = await openToys();
  const controller = new AbortController();
  const loader = createBatchLoader(store, { sampler: sampler(store), signal: controller.signal });
  await loader.next();
  controller.abort();
  expect((await caught(() => loader.next())).code).toBe("E_ABORTED");
  await loader.close();

  const closed = createBatchLoader(store, { sampler: sampler(store) });
  await closed.close();
  expect(await caught(() => closed.next())).toMatchObject({ code: "E_USAGE", message: "batch loader: is closed." });

  await rm(store.imagesFile);
  const broken = createBatchLoader(store, { sampler: sampler(store) });
  const error = await caught(() => broken.next());
  expect(error.code).toBe("E_IO");
  expect(error.message).toContain("images.npy: cannot be read: ENOENT");
  await broken.close();
});

test("nonsense is refused", async () => {
  const store = await openToys();
  const start = (options: object) => () => createBatchLoader(store, { sampler: sampler(store), ...options });
  expect(start({ ahead: 0 })).toThrow("createBatchLoader: expected ahead as an integer >= 1, got 0.");
  expect(start({ held: 0 })).toThrow("expected held as an integer >= 1, got 0.");
  expect(start({ workers: 1.5 })).toThrow("expected workers as an integer >= 1, got 1.5.");
  expect(start({ startStep: -1 })).toThrow("expected startStep as an integer >= 0, got -1.");
});

test("aborting wakes a caller that waits", async () => {
  const store = await openToys();
  const controller = new AbortController();
  const loader = createBatchLoader(store, { sampler: sampler(store), signal: controller.signal });
  const first = caught(() => loader.next());
  controller.abort();
  expect((await first).code).toBe("E_ABORTED");
  await loader.close();
});

test("a forgotten loader does not keep the process alive", async () => {
  const store = await openToys();
  const script = fileURLToPath(new URL("../test/forget-loader.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, store.imagesFile], { timeout: 20_000 });
  expect(stdout).toBe("8");
});
