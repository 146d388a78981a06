// The feature cache: nothing is computed twice, a stopped computation goes on, damage is repaired, and what does not belong
// together is kept apart.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { formulaPixels, memoryStore, rowRange } from "../_store.test-helper.ts";
import type { FeatureSource } from "../features.ts";
import { type CachedExtraction, extractCached, partRows } from "./feature-files.ts";

const root = mkdtempSync(join(tmpdir(), "lejepa-features-"));
afterAll(() => rmSync(root, { recursive: true }));
let caches = 0;
const freshCache = (): string => join(root, String(caches++));

const count = 2 * partRows + 40;
const store = memoryStore({ count, size: 4, channels: 1, pixels: formulaPixels(count, 4, 1), fingerprint: "abc" });

/** Features that can be told by their row; `seen` collects what was computed. */
function rowSource(seen: number[], valueOf: (row: number) => number = (row) => row + 0.1): FeatureSource {
  return {
    batch: 100,
    async compute(rows) {
      seen.push(...rows);
      const embedding = Float32Array.from([...rows].flatMap((row) => [valueOf(row), -row]));
      return { embedding, probe: Float32Array.from(rows) };
    },
    async dispose() {},
  };
}

function extraction(seen: number[], more: Partial<CachedExtraction> = {}): CachedExtraction {
  return {
    name: "test",
    settings: { id: "one" },
    store,
    rows: rowRange(0, count),
    outputs: ["embedding", "probe"],
    options: {},
    open: async () => rowSource(seen),
    ...more,
  };
}

const partsOf = (cacheDir: string): string[] =>
  readdirSync(join(cacheDir, "features")).flatMap((digest) =>
    readdirSync(join(cacheDir, "features", digest))
      .filter((name) => name.startsWith("part-"))
      .map((name) => join(cacheDir, "features", digest, name)),
  );

test("computed once, in any order, repeats allowed", async () => {
  const cacheDir = freshCache();
  const seen: number[] = [];
  const first = await extractCached(extraction(seen, { cacheDir }));
  expect(seen).toHaveLength(count);
  const rows = Uint32Array.from({ length: count + 2 }, (_, i) => (i * 7) % count);
  const again = await extractCached(
    extraction(seen, { cacheDir, rows, open: () => Promise.reject(new Error("opened")) }),
  );
  expect(seen).toHaveLength(count);
  expect(first.embedding.data[2 * 300]).toBeCloseTo(300.1, 4);
  expect(Array.from(rows, (_, i) => again.probe.data[i])).toEqual([...rows]);
  expect(again.embedding).toMatchObject({ rows: count + 2, columns: 2 });
});

test("stopped in the middle, it goes on at the first missing part", async () => {
  const cacheDir = freshCache();
  const stop = new AbortController();
  const seen: number[] = [];
  const progress: number[] = [];
  const options = {
    signal: stop.signal,
    onProgress: (done: number) => {
      progress.push(done);
      if (done > partRows) stop.abort();
    },
  };
  await expect(extractCached(extraction(seen, { cacheDir, options }))).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(partsOf(cacheDir)).toHaveLength(1);
  const later: number[] = [];
  await extractCached(extraction(later, { cacheDir }));
  expect(Math.min(...later)).toBe(partRows);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

test("a part that a crash cut off is computed again, and nothing else", async () => {
  const cacheDir = freshCache();
  const whole = await extractCached(extraction([], { cacheDir }));
  const [, second] = partsOf(cacheDir).sort();
  truncateSync(second as string, 100);
  const leftover = `${second}.99999999.tmp`;
  writeFileSync(leftover, "left behind by a killed process");
  const seen: number[] = [];
  const again = await extractCached(extraction(seen, { cacheDir }));
  expect([Math.min(...seen), Math.max(...seen)]).toEqual([partRows, 2 * partRows - 1]);
  expect(again).toEqual(whole);
  expect(existsSync(leftover)).toBe(false);
});

test("other weights, images, rows, outputs or precision are kept apart", async () => {
  const cacheDir = freshCache();
  const seen: number[] = [];
  const rows = rowRange(0, 10);
  const variants: Partial<CachedExtraction>[] = [
    {},
    { settings: { id: "two" } },
    { store: { ...store, fingerprint: "def" } },
    { rows: rowRange(0, 9) },
    { outputs: ["embedding"] },
    { options: { precision: "float16" } },
  ];
  for (const variant of variants) await extractCached(extraction(seen, { cacheDir, rows, ...variant }));
  expect(seen).toHaveLength(6 * 10 - 1);
  expect(partsOf(cacheDir)).toHaveLength(6);
});

test("float16 halves the file and gives the same with and without the cache", async () => {
  const options = { precision: "float16" } as const;
  const cacheDir = freshCache();
  const computed = await extractCached(extraction([], { cacheDir, options }));
  expect(await extractCached(extraction([], { cacheDir, options }))).toEqual(computed);
  expect(await extractCached(extraction([], { options }))).toEqual(computed);
  expect(Math.abs((computed.embedding.data[2] as number) - 1.1)).toBeLessThan(1.1 / 2048);
  const full = freshCache();
  await extractCached(extraction([], { cacheDir: full }));
  const size = (path: string): number => readFileSync(partsOf(path).sort()[0] as string).length;
  expect(size(cacheDir)).toBeLessThan(0.6 * size(full));
});

test("features that are no numbers are refused and not kept", async () => {
  const cacheDir = freshCache();
  const open = async (): Promise<FeatureSource> => rowSource([], (row) => (row === 7 ? Number.NaN : row));
  await expect(extractCached(extraction([], { cacheDir, open }))).rejects.toMatchObject({
    code: "E_NAN",
    message: expect.stringMatching(/got NaN for image 7/),
  });
  expect(partsOf(cacheDir)).toEqual([]);
  const large = async (): Promise<FeatureSource> => rowSource([], () => 1e5);
  const options = { precision: "float16" } as const;
  await expect(extractCached(extraction([], { open: large, options }))).rejects.toMatchObject({ code: "E_NAN" });
});

test("a store that cannot be recognised again is not cached; no rows give empty features", async () => {
  const cacheDir = freshCache();
  const seen: number[] = [];
  const nameless = { ...store, fingerprint: "" };
  await extractCached(extraction(seen, { cacheDir, store: nameless, rows: rowRange(0, 5) }));
  await extractCached(extraction(seen, { cacheDir, store: nameless, rows: rowRange(0, 5) }));
  expect(seen).toHaveLength(10);
  expect((await extractCached(extraction([], { rows: new Uint32Array() }))).embedding.rows).toBe(0);
});
