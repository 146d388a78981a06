// Views through a model: against whole images, over batch sizes, and the choice of rows.
import type { ViewSpec } from "@lejepa/augment";
import { createEncoder, createProjector, initialise } from "@lejepa/encoders";
import { createEngine, type Engine } from "@lejepa/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { extractFeatures } from "../features.ts";
import { stripedStore } from "./_stripes.test-helper.ts";
import { embedViews, heldOutRows, projectFeatures } from "./view-embeddings.ts";

const size = 16;
const store = stripedStore({ count: 12, size });
const encoder = createEncoder("resnet10", { channels: 1, width: 4, stem: "small", init: "torch" });
const projector = createProjector({ inDim: encoder.featureDim, hidden: [16], outDim: 6 });
const values = new Map([...initialise(encoder.params, 1), ...initialise(projector.params, 1)]);
const model = { encoder, projector, values };
const normalisation = { mean: [0.5], std: [0.3] };

function views(scale: readonly [number, number], operations: ViewSpec["groups"][number]["operations"]): ViewSpec {
  return {
    image: { height: size, width: size, channels: 1, dtype: "uint8", range: [0, 255] },
    ...normalisation,
    interpolation: "bilinear",
    border: "reflect",
    groups: [
      { name: "global", views: 2, size, scale, ratio: [1, 1], operations },
      { name: "local", views: 1, size: 8, scale: [0.2, 0.4], ratio: [1, 1], operations },
    ],
  };
}

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => engine.dispose());

const expectClose = (got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void => {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs((got[i] as number) - (expected[i] as number))).toBeLessThan(tolerance * scale);
};

test("a view that is all of the image has the features of the whole image", async () => {
  const rows = Uint32Array.of(3, 0, 7, 9, 11);
  const found = await embedViews(engine, { ...model, spec: views([1, 1], {}), store, rows, seed: 0, batchSize: 2 });
  const whole = await extractFeatures(engine, { encoder, values, ...normalisation, range: [0, 255], store, rows });
  const part = found.features.data.length / 3;
  expectClose(found.features.data.subarray(0, part), whole.embedding.data);
  expectClose(found.features.data.subarray(part, 2 * part), whole.embedding.data);
  expect(found.views).toBe(3);
  const projected = await projectFeatures(engine, model, whole.embedding);
  expectClose(found.projections.data.subarray(0, rows.length * 6), projected.data, 1e-3);
});

test("views do not depend on the batch size nor on the other images", async () => {
  const spec = views([0.3, 0.8], { horizontalFlip: { probability: 0.5 } });
  const all = Uint32Array.from({ length: 12 }, (_, i) => i);
  const whole = await embedViews(engine, { ...model, spec, store, rows: all, seed: 4 });
  const some = await embedViews(engine, {
    ...model,
    spec,
    store,
    rows: Uint32Array.of(5, 2, 8),
    seed: 4,
    batchSize: 2,
  });
  const dim = encoder.featureDim;
  for (const [i, row] of [5, 2, 8].entries()) {
    for (const view of [0, 1, 2])
      expectClose(
        some.features.data.subarray((view * 3 + i) * dim, (view * 3 + i + 1) * dim),
        whole.features.data.subarray((view * 12 + row) * dim, (view * 12 + row + 1) * dim),
      );
  }
});

test("a signal stops it", async () => {
  const options = { ...model, spec: views([1, 1], {}), store, rows: Uint32Array.of(1), seed: 0 };
  await expect(embedViews(engine, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "E_ABORTED",
  });
});

test("rows that were not trained on, if there are any", () => {
  const splits = { train: Uint32Array.of(0, 1, 2), validation: Uint32Array.of(3, 5), test: Uint32Array.of(4, 6, 7) };
  expect(heldOutRows(splits, { limit: 10, seed: 0 })).toEqual({ rows: Uint32Array.of(3, 5, 4, 6, 7), heldOut: true });
  const { rows } = heldOutRows(splits, { limit: 3, seed: 0 });
  expect(rows).toHaveLength(3);
  expect(Array.from(rows).every((row) => row >= 3)).toBe(true);
  const none = { ...splits, validation: new Uint32Array(), test: new Uint32Array() };
  expect(heldOutRows(none, { limit: 10, seed: 0 })).toEqual({ rows: splits.train, heldOut: false });
});
