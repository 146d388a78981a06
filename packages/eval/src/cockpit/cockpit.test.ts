// The cockpit on embeddings made to look one way or another.
import { stream } from "@lejepa/contracts";
import { createEngine, type Engine } from "@lejepa/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Matrix, matrix } from "../matrix.ts";
import { cockpitSchema } from "./cockpit-document.ts";
import { type CockpitOptions, createCockpit, rowsOfView } from "./create-cockpit.ts";

const [images, dim] = [200, 6];

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => engine.dispose());

function made(at: (i: number, d: number, noise: number) => number, rows = images): Matrix {
  const draws = stream(3, "cockpit test");
  const data = Float32Array.from({ length: rows * dim }, (_, k) => at(Math.floor(k / dim), k % dim, draws.normal()));
  return matrix(data, rows, dim);
}
const normal = made((_, __, noise) => noise);

function options(projections: Matrix, change: Partial<CockpitOptions> = {}): CockpitOptions {
  return {
    run: "first",
    step: 10,
    settings: { encoder: "resnet10", lambda: 0.05, batch: 64, views: 4, slices: 256 },
    // the image of row i of the table is row 2 i of the store
    rows: Uint32Array.from({ length: projections.rows }, (_, i) => 2 * i),
    items: Array.from({ length: 2 * projections.rows }, (_, i) => ({ id: `image ${i}`, source: { path: "" } })),
    heldOut: true,
    projections,
    features: normal,
    form: "view",
    measures: {
      images: projections.rows,
      views: 4,
      rankMe: 5,
      effectiveRank: 5,
      alphaReQ: Number.NaN,
      lidar: 4,
      sigreg: 1.1,
      sigregSamples: 64,
      sigregExpected: 1.05,
      withinShare: 0.2,
    },
    history: Array.from({ length: 1000 }, (_, i) => ({ step: i + 1, loss: 1, invariance: i, sigreg: 2 })),
    context: { lambda: 0.05, batch: 64 },
    slices: 400,
    seed: 1,
    ...change,
  };
}

test("embeddings of N(0, I) pass, and the document is what its schema says", async () => {
  const cockpit = await createCockpit(engine, options(normal));
  expect(cockpitSchema.parse(JSON.parse(JSON.stringify(cockpit)))).toEqual(cockpit);
  expect(cockpit.alarms).toEqual([]);
  expect(cockpit.verdict).toMatch(/^No sign of collapse\. \d+ % of random slices of the 6 dimensions/);
  expect(cockpit.tests).toHaveLength(15);
  // slices of one sample are not independent of each other: not exactly 5 %
  // slices of one sample are not independent of each other: not exactly 5 %
  for (const { name, rejected } of cockpit.tests.filter(({ kind }) => kind === "univariate"))
    expect(rejected, name).toBeLessThan(0.3);
  expect(cockpit.measures.alphaReQ).toBeNull();
  expect(cockpit.spectrum.projections).toHaveLength(dim);
  // 1000 steps in bins of 5
  expect(cockpit.history).toHaveLength(200);
  expect(cockpit.history[0]).toEqual({ step: 5, loss: 1, invariance: 2, sigreg: 2 });
});

test("a skewed dimension is the worst slice, with the images that skew it", async () => {
  const skewed = made((i, d, noise) => (d === 2 ? (i < 20 ? 6 + i / 10 : -0.5 + 0.1 * noise) : noise));
  const { worst } = await createCockpit(engine, options(skewed));
  expect(worst).toHaveLength(6);
  const [first] = worst;
  expect(first).toMatchObject({ kind: "axis", index: 2 });
  expect(first?.high.map(({ row, id }) => [row, id])).toEqual([
    [38, "image 38"],
    [36, "image 36"],
    [34, "image 34"],
    [32, "image 32"],
  ]);
  expect(first?.high[0]?.value).toBeCloseTo(7.9, 5);
  // all but the likelihood, whose limit is negative
  expect(Object.keys(first?.ratios ?? {})).toHaveLength(10);
  expect(first?.ratios).not.toHaveProperty("order-statistic-nll");
  expect(first?.ratios["epps-pulley"]).toBeGreaterThan(10);
  const qq = first?.qq ?? [];
  expect(qq).toHaveLength(100);
  // scipy.stats.norm.ppf((1 - 3/8) / 200.25)
  expect(qq[0]?.[0]).toBeCloseTo(-2.73478, 5);
  expect(qq.at(-1)?.[1]).toBeCloseTo(7.9, 5);
});

test("collapse and copies are alarms with their images; the verdict begins with them", async () => {
  const twins = made((i, d) => normal.data[(i - (i % 2)) * dim + d] as number);
  const { alarms, verdict } = await createCockpit(engine, options(twins));
  expect(alarms.map(({ rule, where }) => [rule, where])).toEqual([["duplicates", "projections"]]);
  expect(alarms[0]?.images).toHaveLength(12);
  expect(new Set(alarms[0]?.images.map(({ row }) => row)).size).toBe(12);
  expect(verdict).toMatch(/^200 of 200 images have the embedding of another\./);
  const features = made((_, d) => d);
  const collapsed = await createCockpit(engine, options(normal, { features }));
  expect(collapsed.alarms.map(({ rule, where }) => [rule, where])).toEqual([["complete-collapse", "features"]]);
});

test("embeddings that are not finite are an alarm, not an error", async () => {
  const broken = made((i, _, noise) => (i === 3 ? Number.NaN : noise));
  const cockpit = await createCockpit(engine, options(broken));
  expect(cockpit.alarms).toMatchObject([{ rule: "not-finite", value: null }]);
  expect(cockpit).toMatchObject({ tests: [], worst: [], spectrum: { projections: [], features: [] } });
  expect(cockpit.verdict).toBe("The embeddings are not finite. The projections could not be tested.");
  cockpitSchema.parse(cockpit);
});

test("too few images are refused", async () => {
  const few = made((_, __, noise) => noise, 31);
  await expect(createCockpit(engine, options(few))).rejects.toThrow(
    /expected 32 images or more, got 31\. Give it more/,
  );
});

test("one view out of all", () => {
  const all = matrix(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4, 2);
  expect(rowsOfView(all, 1, 2)).toEqual({ data: Float32Array.of(5, 6, 7, 8), rows: 2, columns: 2 });
});
