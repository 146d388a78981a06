import { createEngine, type Engine } from "@lejepa/engine";
import { type Comparison, comparisonSchema, matrix } from "@lejepa/eval";
import { afterAll, beforeAll, expect, test } from "vitest";
import { madeComparison, madeEncoders, madeExtras, madeFeatures, madeName, splits } from "./_comparison.test-helper.ts";
import { type ComparisonExtras, galleryOf, mapFeatures, principalComponents } from "./comparison-extras.ts";
import { comparisonPage } from "./comparison-page.ts";

let comparison: Comparison;
let extras: ComparisonExtras;
let engine: Engine;

const name = madeName;
const all = madeEncoders;

beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  comparison = comparisonSchema.parse(await madeComparison());
  extras = await madeExtras(engine);
}, 60_000);

afterAll(() => engine.dispose());

test("one file: no network, no script; every part has its words", () => {
  const page = comparisonPage(comparison, extras);
  expect(page).not.toMatch(/<script|<link|@import|src="(?!data:)|url\((?!data:image)/);
  expect(page.match(/https?:[^"]*/g)?.filter((url) => !url.startsWith("http://www.w3.org/")) ?? []).toEqual([]);
  // in attributes a < is text
  expect(page.replace(/"[^"]*"/g, '""')).not.toContain("LeJEPA <ours>");
  expect(page.indexOf(comparison.verdict.sentence.replace(/[<>]/g, (s) => `&#${s.charCodeAt(0)};`))).toBeLessThan(
    page.indexOf("<h2>"),
  );
  for (const title of [
    "By number of labels",
    "Differences",
    "Results",
    "What is taken for what",
    "Groups",
    "Nearest neighbours",
    "Maps",
    "What patches",
    "cost",
    "Data",
    "Settings",
    "To do it again",
  ])
    expect(page).toContain(title);
  // each picture and plot says what it shows
  expect(page.match(/<svg[^>]*class="plot[^>]*>/g)?.every((svg) => svg.includes("aria-label="))).toBe(true);
  expect(page.match(/<img [^>]*>/g)?.every((img) => /alt="[^"]+"/.test(img))).toBe(true);
});

test("a page without extras, and without classes, is whole", () => {
  const bare: Comparison = { ...comparison, details: [], differences: [], context: {} };
  const page = comparisonPage(bare);
  for (const title of ["Nearest neighbours", "Maps", "Groups", "To do it again", "NaN", "undefined"])
    expect(page).not.toContain(title);
});

test("neighbours come nearest first, by each encoder", async () => {
  const [entry] = await galleryOf(engine, all, { queries: [160], train: splits.train, k: 3, name });
  expect(entry?.query).toEqual(name(160));
  for (const { encoder, images } of entry?.nearest ?? []) {
    const features = all.find((one) => one.encoder === encoder)?.features;
    const row = (i: number): Float32Array =>
      (features as NonNullable<typeof features>).data.subarray(i * 16, i * 16 + 16);
    const cosine = (a: Float32Array, b: Float32Array): number => {
      const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, v, i) => sum + v * (y[i] as number), 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    const best = Array.from(splits.train).sort((a, b) => cosine(row(b), row(160)) - cosine(row(a), row(160)));
    expect(images.map((image) => image.row)).toEqual(best.slice(0, 3));
  }
});

test("principal components keep distances, the largest first; maps are the same each time", () => {
  const features = madeFeatures(2, 7, 6);
  const small = { data: features.data.subarray(0, 30 * 6), rows: 30, columns: 6 };
  const unit = Array.from({ length: 30 }, (_, i) => {
    const row = Array.from(small.data.subarray(i * 6, i * 6 + 6));
    const length = Math.hypot(...row);
    return row.map((v) => v / length);
  });
  const components = principalComponents(small, 6);
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((v, i) => v - (b[i] ?? 0)));
  for (const [i, j] of [
    [0, 1],
    [4, 20],
    [29, 3],
  ] as const)
    expect(distance(components[i] ?? [], components[j] ?? [])).toBeCloseTo(distance(unit[i] ?? [], unit[j] ?? []), 6);
  // fewer columns than rows took the covariance; the Gram matrix of fewer rows gives the same but for signs
  const few = { data: small.data.subarray(0, 5 * 6), rows: 5, columns: 6 };
  const padded = matrix(
    Float32Array.from({ length: 5 * 4 }, (_, i) => few.data[Math.floor(i / 4) * 6 + (i % 4)] ?? 0),
    5,
    4,
  );
  const wide = matrix(
    Float32Array.from({ length: 5 * 8 }, (_, i) => (i % 8 < 4 ? (few.data[Math.floor(i / 8) * 6 + (i % 8)] ?? 0) : 0)),
    5,
    8,
  );
  const [byColumns, byRows] = [principalComponents(padded, 2), principalComponents(wide, 2)];
  for (const [i, row] of byColumns.entries())
    for (const [axis, value] of row.entries()) expect(Math.abs(value)).toBeCloseTo(Math.abs(byRows[i]?.[axis] ?? 0), 6);
  const spread = (axis: number): number => components.reduce((sum, row) => sum + (row[axis] ?? 0) ** 2, 0);
  expect(spread(0)).toBeGreaterThan(spread(1));
  expect(mapFeatures(small)).toEqual(mapFeatures(small));
  expect(mapFeatures({ data: small.data.subarray(0, 30), rows: 5, columns: 6 }).method).toBe("PCA");
});
