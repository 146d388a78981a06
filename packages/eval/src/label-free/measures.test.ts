// Measures of embeddings whose answer is known, SIGReg against its definition in float64.
import { stream } from "@lejepa/contracts";
import { sigregDirections } from "@lejepa/core";
import { createEngine, type Engine } from "@lejepa/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matrix } from "../matrix.ts";
import { measureLabelFree, withinShare } from "./measures.ts";

const [views, samples, dim] = [3, 50, 4];
const draws = stream(2, "measures test");
const normal = (rows: number, columns: number) =>
  matrix(draws.fillNormal(new Float32Array(rows * columns)), rows, columns);

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => engine.dispose());

const objective = { slices: 16, knots: 17, tMax: 3, quadrature: "half-line" } as const;

/** SIGReg of one batch straight from the definition: every knot of [0, 3], doubled. */
function reference(z: (view: number, n: number, d: number) => number, count: number, directions: Float32Array): number {
  let total = 0;
  for (let v = 0; v < views; v++) {
    for (let m = 0; m < objective.slices; m++) {
      const x = Array.from({ length: count }, (_, n) => {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += z(v, n, d) * (directions[d * objective.slices + m] as number);
        return sum;
      });
      for (let k = 0; k < objective.knots; k++) {
        const dt = objective.tMax / (objective.knots - 1);
        const t = k * dt;
        const phi = Math.exp((-t * t) / 2);
        const weight = 2 * (k === 0 || k === objective.knots - 1 ? dt / 2 : dt) * phi;
        const real = x.reduce((sum, value) => sum + Math.cos(t * value), 0) / count - phi;
        const imaginary = x.reduce((sum, value) => sum + Math.sin(t * value), 0) / count;
        total += count * weight * (real ** 2 + imaginary ** 2);
      }
    }
  }
  return total / (views * objective.slices);
}

test("SIGReg is averaged over whole batches of training's size", async () => {
  const projections = normal(views * samples, dim);
  const embeddings = {
    rows: Uint32Array.from({ length: samples }, (_, i) => i),
    views,
    features: projections,
    projections,
  };
  const options = { embeddings, whole: normal(samples, dim), objective, seed: 5 };
  const measures = await measureLabelFree(engine, { ...options, batch: 20 });
  const expected = [0, 1].map((group) =>
    reference(
      (v, n, d) => projections.data[(v * samples + group * 20 + n) * dim + d] as number,
      20,
      sigregDirections(dim, objective.slices, 5, group),
    ),
  );
  expect(measures.sigreg).toBeCloseTo(((expected[0] as number) + (expected[1] as number)) / 2, 4);
  expect(measures).toMatchObject({ images: samples, views, sigregSamples: 20 });
  expect((await measureLabelFree(engine, { ...options, batch: 500 })).sigregSamples).toBe(samples);
  // independent views: images differ no more than views do
  expect(measures.lidar).toBeGreaterThan(1);
  expect(measures.rankMe).toBeGreaterThan(3.5);
});

test("the share between views: none when they agree, (views - 1) / views when they are independent", () => {
  const one = normal(2000, dim);
  const same = matrix(Float32Array.from([...one.data, ...one.data]), 4000, dim);
  expect(withinShare(same, 2)).toBe(0);
  expect(withinShare(normal(4000, dim), 2)).toBeCloseTo(1 / 2, 1);
  expect(withinShare(normal(8000, dim), 4)).toBeCloseTo(3 / 4, 1);
  expect(withinShare(matrix(new Float32Array(40), 10, 4), 2)).toBe(0);
});

test("within and between add up to the total (analysis of variance)", () => {
  const z = normal(views * samples, 1);
  const at = (v: number, n: number): number => z.data[v * samples + n] as number;
  const means = Array.from({ length: samples }, (_, n) => (at(0, n) + at(1, n) + at(2, n)) / views);
  const mean = means.reduce((sum, value) => sum + value, 0) / samples;
  const between = means.reduce((sum, value) => sum + views * (value - mean) ** 2, 0);
  const total = Array.from(z.data).reduce((sum, value) => sum + (value - mean) ** 2, 0);
  expect(withinShare(z, views)).toBeCloseTo(1 - between / total, 5);
});

test("features that are not finite have no measures", async () => {
  const broken = matrix(new Float32Array(views * samples * dim).fill(Number.NaN), views * samples, dim);
  const embeddings = { rows: new Uint32Array(samples), views, features: broken, projections: broken };
  const measures = await measureLabelFree(engine, {
    embeddings,
    whole: normal(samples, dim),
    objective,
    batch: 8,
    seed: 0,
  });
  expect(measures).toMatchObject({ rankMe: Number.NaN, sigreg: Number.NaN, withinShare: Number.NaN });
});
