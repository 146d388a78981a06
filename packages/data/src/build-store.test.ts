import { readdirSync, statSync } from "node:fs";
import { chmod, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BoundDataset, Dataset } from "@lejepa/contracts";
import { caught, testContext } from "@lejepa/contracts/testing";
import { expect, onTestFinished, test } from "vitest";
import { inProcessToy, manyToys, temporaryFolder, writeToys } from "./_toy.test-helper.ts";
import { toyPixel } from "./_toy-dataset.test-helper.ts";
import { buildStore, type BuildStoreOptions } from "./build-store.ts";
import { fingerprintItems } from "./fingerprint.ts";
import type { BuildProgress, ImageStore } from "./types.ts";

// one process: each costs a quarter of a second
const form = { size: 4, channels: 3, workers: 1 };

/** Builds and says how many items were decoded and reused. */
async function build(dataset: BoundDataset, options: Partial<BuildStoreOptions> & { cacheDir: string }) {
  const logs: string[] = [];
  const progress: BuildProgress[] = [];
  const store = await buildStore(dataset, {
    ...form,
    log: (line) => line.startsWith("decoded") && logs.push(line),
    onProgress: (step) => progress.push(step),
    ...options,
  });
  onTestFinished(() => store.close());
  return { store, decoded: logs.length, progress, reused: progress.at(-1)?.reused };
}

const expectedRow = (value: number, length: number): number[] => Array.from({ length }, (_, i) => toyPixel(value, i));
const rowsOf = (store: ImageStore): number[][] => store.items.map((_, row) => [...store.read([row])]);
/** Everything below a folder that is not a finished store. */
const leftovers = (cacheDir: string): string[] =>
  readdirSync(cacheDir, { recursive: true, encoding: "utf8" }).filter((name) => name.includes(".unfinished"));

test("rows, labels and shape follow the dataset's order", async () => {
  const root = await temporaryFolder();
  const { store } = await build(await writeToys(root, manyToys(25)), { cacheDir: join(root, "cache") });
  expect(store).toMatchObject({ count: 25, width: 4, height: 4, channels: 3, dtype: "uint8", range: [0, 255] });
  expect(store.items.map(({ id }) => id).slice(0, 3)).toEqual(["000-a.toy", "001-b.toy", "002-a.toy"]);
  expect(store.classes).toEqual(["a", "b"]);
  expect(store.labels.slice(0, 4)).toEqual(Int32Array.of(0, 1, 0, 1));
  expect(rowsOf(store)).toEqual(Array.from({ length: 25 }, (_, value) => expectedRow(value, 48)));
  expect([...store.read([3, 0, 3])]).toEqual([3, 0, 3].flatMap((value) => expectedRow(value, 48)));
});

test("any number of processes, and none, write the same bytes", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { ...manyToys(70), "c-bad": { fault: "throw" } });
  const files: Buffer[] = [];
  for (const workers of [1, 3, 0]) {
    const plugin = workers === 0 ? (inProcessToy as Dataset) : dataset.plugin;
    const { store } = await build(
      { ...dataset, plugin },
      { cacheDir: join(root, `cache-${workers}`), workers: workers || 1 },
    );
    files.push(await readFile(store.imagesFile), await readFile(join(dirname(store.imagesFile), "index.json")));
  }
  for (let i = 2; i < files.length; i += 2) {
    expect(files[i]?.equals(files[0] as Buffer)).toBe(true);
    expect(files[i + 1]?.equals(files[1] as Buffer)).toBe(true);
  }
});

test("decoded once: the second call decodes nothing", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(9));
  const first = await build(dataset, { cacheDir: join(root, "cache") });
  const second = await build(dataset, { cacheDir: join(root, "cache") });
  expect([first.decoded, second.decoded]).toEqual([9, 0]);
  expect(second.store.fingerprint).toBe(first.store.fingerprint);
  expect(rowsOf(second.store)).toEqual(rowsOf(first.store));
  expect(first.progress.at(-1)).toEqual({ phase: "decode", done: 9, total: 9, failed: 0, reused: 0 });
});

test("a changed, an added and a removed file: only what is new is decoded", async () => {
  const root = await temporaryFolder();
  const cacheDir = join(root, "cache");
  const first = await build(await writeToys(root, manyToys(9)), { cacheDir });
  const changed = await build(await writeToys(root, { "003-b": { value: 333 } }), { cacheDir });
  expect([changed.decoded, changed.reused]).toEqual([1, 8]);
  expect([...changed.store.read([3])]).toEqual(expectedRow(333, 48));
  expect([...first.store.read([3])]).toEqual(expectedRow(3, 48)); // an open store keeps its pixels

  const added = await build(await writeToys(root, { "0-first": { value: 50 } }), { cacheDir });
  expect([added.decoded, added.reused, added.store.count]).toEqual([1, 9, 10]);
  expect([...added.store.read([0])]).toEqual(expectedRow(50, 48));
  expect([...added.store.read([4])]).toEqual(expectedRow(333, 48));

  await rm(join(root, "toys", "000-a.toy"));
  const removed = await build(await writeToys(root, {}), { cacheDir });
  expect([removed.decoded, removed.store.count]).toEqual([0, 9]);
  expect([...removed.store.read([1])]).toEqual(expectedRow(1, 48));
  const prints = [first, changed, added, removed].map(({ store }) => store.fingerprint);
  expect(new Set(prints).size).toBe(4);
  expect(leftovers(cacheDir)).toEqual([]);
});

test("a file touched without a new size is noticed", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { "a-1": { value: 1 } });
  await build(dataset, { cacheDir: join(root, "cache") });
  await writeFile(join(root, "toys", "a-1.toy"), JSON.stringify({ value: 2 }));
  const { store } = await build(dataset, { cacheDir: join(root, "cache") });
  expect([...store.read([0])]).toEqual(expectedRow(2, 48));
});

test("what changes no pixel decodes nothing; what does, does", async () => {
  const root = await temporaryFolder();
  const cacheDir = join(root, "cache");
  const first = await build(await writeToys(root, manyToys(4)), { cacheDir });
  const unlabelled = await build(await writeToys(root, {}, { labels: false }), { cacheDir });
  expect(unlabelled.decoded).toBe(0);
  expect(unlabelled.store.classes).toEqual([]);
  expect([...unlabelled.store.labels]).toEqual([-1, -1, -1, -1]);
  expect(unlabelled.store.fingerprint).not.toBe(first.store.fingerprint);
  expect((await build(await writeToys(root, {}, { version: 2 }), { cacheDir })).decoded).toBe(4);
  expect((await build(await writeToys(root, {}), { cacheDir, size: 5 })).decoded).toBe(4);
  expect((await build(await writeToys(root, {}), { cacheDir, channels: 1 })).decoded).toBe(4);
});

test("files that do not decode are left out and told", async () => {
  const root = await temporaryFolder();
  const files = {
    ...manyToys(20),
    "a-bad": { fault: "throw" },
    "b-size": { fault: "size" },
    "c-length": { fault: "length" },
    "d-type": { dtype: "uint16" },
    "e-nan": { fault: "nan", dtype: "float32" },
    "f-note": { value: 7, note: "small" },
    "g-silent": { fault: "silent" },
  } as const;
  const dataset = await writeToys(root, files);
  // one thread, so that the first file fixes the type
  const { store, progress } = await build(dataset, { cacheDir: join(root, "cache"), workers: 1 });
  expect(store.count).toBe(21);
  expect(store.failures).toEqual([
    { id: "a-bad.toy", reason: "cannot decode a-bad.toy: it is broken" },
    { id: "b-size.toy", reason: "decoded to 5x4x3 instead of 4x4x3" },
    { id: "c-length.toy", reason: "decoded to 47 values instead of 48" },
    { id: "d-type.toy", reason: "is uint16 while others are uint8" },
    { id: "e-nan.toy", reason: "has pixels that are not numbers (NaN or infinite)" },
    { id: "g-silent.toy", reason: "cannot be decoded; the decoder gives no reason" },
  ]);
  expect(progress.at(-1)?.failed).toBe(6);
  expect(store.notes).toEqual({ small: 1 });
  expect([...store.read([20])]).toEqual(expectedRow(7, 48));
  expect(store.classes).toEqual(["a", "b", "note"]);
  const again = await build(dataset, { cacheDir: join(root, "cache") });
  expect(again.decoded).toBe(0);
  expect(again.store.failures).toEqual(store.failures);
});

test("a file that takes its process down costs only itself", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { ...manyToys(12), "a-exit": { fault: "exit" } });
  const { store } = await build(dataset, { cacheDir: join(root, "cache") });
  expect(store.count).toBe(12);
  expect(store.failures).toEqual([{ id: "a-exit.toy", reason: "the decoder crashed (exit code 3)" }]);
});

test("only unreadable files are an error, and leave no cache", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { "a-1": { fault: "throw" }, "a-2": { fault: "throw" } });
  const error = await caught(() => build(dataset, { cacheDir: join(root, "cache") }));
  expect(error).toMatchObject({ code: "E_DATA", exitCode: 2 });
  expect(error.message).toBe(
    "dataset toy: expected at least one readable image, got 2 unreadable. For example a-1.toy: cannot decode a-1.toy: it is broken; a-2.toy: cannot decode a-2.toy: it is broken.",
  );
  expect(readdirSync(join(root, "cache"), { recursive: true })).toHaveLength(1);
});

test("no items are an error", async () => {
  const root = await temporaryFolder();
  const error = await caught(async () => build(await writeToys(root, {}), { cacheDir: join(root, "cache") }));
  expect(error).toMatchObject({
    code: "E_DATA",
    message: "dataset toy: expected at least one image, got none (0 not toys).",
  });
});

test("an item listed twice, and one without a file", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(2));
  const plugin = dataset.plugin as Dataset;
  const listing = async () => (await plugin.index(dataset.options, testContext(root))).items;
  // an index of its own: not the one that the module has
  const { module: _, ...here } = plugin;
  const twice = { ...here, index: async () => ({ items: [...(await listing()), ...(await listing())] }) };
  const error = await caught(() => build({ ...dataset, plugin: twice }, { cacheDir: join(root, "cache") }));
  expect(error.message).toBe('dataset toy: expected every item once, got "000-a.toy" twice.');
  const gone = { id: "z-gone", source: { path: join(root, "toys", "gone") } };
  const withGone = { ...here, index: async () => ({ items: [...(await listing()), gone] }) };
  const { store } = await build({ ...dataset, plugin: withGone }, { cacheDir: join(root, "cache") });
  expect([store.count, store.failures]).toEqual([2, [{ id: "z-gone", reason: "the file is not there" }]]);
});

test("a file without permission is told, and decoded once it may be read", async (context) => {
  context.skip(process.getuid?.() === 0 || process.platform === "win32", "needs a user whom permissions bind");
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(3));
  await chmod(join(root, "toys", "000-a.toy"), 0);
  const { store } = await build(dataset, { cacheDir: join(root, "cache") });
  expect([store.count, store.failures]).toEqual([2, [{ id: "000-a.toy", reason: "no permission to read the file" }]]);
  await chmod(join(root, "toys", "000-a.toy"), 0o600);
  expect((await build(dataset, { cacheDir: join(root, "cache") })).store.count).toBe(3);
});

test("stopped on request: one error, and the next call goes on", async () => {
  const root = await temporaryFolder();
  const cacheDir = join(root, "cache");
  const dataset = await writeToys(root, manyToys(60), { slow: 20 });
  const controller = new AbortController();
  const onProgress = ({ phase, done }: BuildProgress): void => {
    if (phase === "decode" && done > 10) controller.abort();
  };
  const error = await caught(() => build(dataset, { cacheDir, signal: controller.signal, onProgress }));
  expect(error).toMatchObject({ code: "E_ABORTED", message: "reading the dataset: stopped on request." });
  const early = await caught(() => build(dataset, { cacheDir, signal: AbortSignal.abort() }));
  expect(early.code).toBe("E_ABORTED");
  const next = await build(dataset, { cacheDir });
  expect(next.store.count).toBe(60);
  expect(next.reused).toBeGreaterThan(9);
  expect(next.decoded).toBe(60 - (next.reused as number));
  expect(leftovers(cacheDir)).toEqual([]);
});

test("many processes and a signal: no warnings", async () => {
  const root = await temporaryFolder();
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const dataset = await writeToys(root, manyToys(80));
  const { signal } = new AbortController();
  expect((await build(dataset, { cacheDir: join(root, "cache"), workers: 8, signal })).store.count).toBe(80);
  expect(warnings).toEqual([]);
});

test.each([
  ["images cut short", async (folder: string) => truncate(join(folder, "images.npy"), 200)],
  [
    "images of another shape",
    async (folder: string) => writeFile(join(folder, "images.npy"), new Uint8Array(128 + 9 * 48)),
  ],
  ["a broken index", async (folder: string) => writeFile(join(folder, "index.json"), "{")],
  ["no index", async (folder: string) => rm(join(folder, "index.json"))],
  ["an index of something else", async (folder: string) => writeFile(join(folder, "index.json"), '{"format":"x"}')],
])("a damaged cache is made anew: %s", async (_name, damage) => {
  const root = await temporaryFolder();
  const cacheDir = join(root, "cache");
  const dataset = await writeToys(root, manyToys(9));
  const first = await build(dataset, { cacheDir });
  await damage(dirname(first.store.imagesFile));
  const second = await build(dataset, { cacheDir });
  expect(second.decoded).toBe(9);
  expect(rowsOf(second.store)).toEqual(Array.from({ length: 9 }, (_, value) => expectedRow(value, 48)));
  expect((await build(dataset, { cacheDir })).decoded).toBe(0);
});

test("what a crash left is ignored, and removed when it is old", async () => {
  const root = await temporaryFolder();
  const cacheDir = join(root, "cache");
  const dataset = await writeToys(root, manyToys(3));
  const { store } = await build(dataset, { cacheDir });
  const family = dirname(dirname(store.imagesFile));
  const { mkdir } = await import("node:fs/promises");
  for (const name of [".unfinished-new", ".unfinished-old"]) {
    await mkdir(join(family, name));
    await writeFile(join(family, name, "images.npy"), "half");
  }
  const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
  await utimes(join(family, ".unfinished-old", "images.npy"), yesterday, yesterday);
  await utimes(join(family, ".unfinished-old"), yesterday, yesterday);
  expect((await build(await writeToys(root, { "b-9": { value: 9 } }), { cacheDir })).decoded).toBe(1);
  expect((await readdir(family)).filter((name) => name.startsWith("."))).toEqual([".unfinished-new"]);
});

test("a cache that cannot be written is one clear error", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(2));
  await writeFile(join(root, "file"), "");
  for (const cacheDir of [join(root, "file"), join(root, "file", "below")]) {
    const error = await caught(() => build(dataset, { cacheDir }));
    expect(error).toMatchObject({ code: "E_IO", hint: "Choose a data.cacheDir that is a folder." });
  }
});

test("a dataset without its plugin is refused with what to do", async () => {
  const error = await caught(() => build({ id: "dicom", options: {} }, { cacheDir: "unused" }));
  expect(error.message).toBe(
    "dataset dicom: expected a loaded plugin, got only its id. Import @lejepa/dataset-dicom and bind it with bindDataset.",
  );
});

test("a plugin whose module cannot be loaded fails once, not for each file", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(5));
  const plugin = { ...(dataset.plugin as Dataset), module: "file:///no/such/module.js" };
  await expect(build({ ...dataset, plugin }, { cacheDir: join(root, "cache") })).rejects.toThrow("Cannot find module");
});

test("16-bit and float images keep their values", async () => {
  const root = await temporaryFolder();
  for (const [dtype, range] of [
    ["uint16", [0, 65535]],
    ["int16", undefined],
    ["float32", undefined],
  ] as const) {
    const dataset = await writeToys(join(root, dtype), { "a-1": { value: 1, dtype }, "a-2": { value: 2, dtype } });
    const { store } = await build(dataset, { cacheDir: join(root, "cache") });
    expect([store.dtype, store.range]).toEqual([dtype, range]);
    expect(rowsOf(store)).toEqual([1, 2].map((value) => expectedRow(value, 48)));
    expect(statSync(store.imagesFile).size).toBe(store.headerBytes + 2 * 48 * (dtype === "float32" ? 4 : 2));
  }
});

test("reading: wrong rows, too little room, a closed store", async () => {
  const root = await temporaryFolder();
  const { store } = await build(await writeToys(root, manyToys(3)), { cacheDir: join(root, "cache") });
  for (const row of [-1, 3, 0.5, Number.NaN])
    expect(() => store.read([row])).toThrow(`expected rows in 0 .. 2, got ${row}`);
  expect(() => store.read([0, 1], new Uint8Array(95))).toThrow("expected room for 96 values, got 95");
  const out = new Uint8Array(100);
  expect(store.read([1], out)).toBe(out);
  expect([...out.subarray(0, 48)]).toEqual(expectedRow(1, 48));
  store.close();
  store.close();
  expect(() => store.read([0])).toThrow("expected an open store, got a closed one");
});

test("what lies in a network has a fingerprint of its own", async () => {
  const at = (path: string) => fingerprintItems([{ id: "a", source: { path } }]);
  const [one] = await at("https://localhost/a.tif");
  expect(one).toEqual({ fingerprint: expect.stringMatching(/^[0-9a-f]{20}$/) });
  expect(await at("https://localhost/a.tif")).toEqual([one]);
  expect(await at("https://localhost/b.tif")).not.toEqual([one]);
});
