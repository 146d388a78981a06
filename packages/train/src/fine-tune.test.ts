import { join } from "node:path";
import { parseConfig } from "@lejepa/contracts";
import { createEngine, liveDeviceTensors } from "@lejepa/engine";
import { expect, test } from "vitest";
import { fineTune, type FineTuneOptions } from "./fine-tune.ts";
import { createModel, initialValues } from "./model.ts";
import { type PreparedData, prepareData } from "./prepare-data.ts";
import { namedValues } from "./state.ts";
import { temporaryFolder, toyConfig } from "./_toy.test-helper.ts";

const vit = { encoder: { name: "vit_nano", patchSize: 8, dropPath: 0.2 } } as const;

async function setUp(
  changes: object = {},
  toy: object = {},
): Promise<{ data: PreparedData; options: FineTuneOptions }> {
  const folder = temporaryFolder();
  const data = await prepareData(parseConfig(toyConfig(folder, changes, { count: 72, ...toy }), join(folder, "test")));
  const { store, splits, image, config } = data;
  const { train } = splits;
  const options: FineTuneOptions = {
    encoder: createModel(config).encoder,
    image,
    store,
    train: train.subarray(0, 28),
    validation: train.subarray(28),
    test: splits.validation,
    labels: store.labels,
    classes: store.classes.length,
    steps: 60,
    batchSize: 16,
    learningRate: 3e-3,
  };
  return { data, options };
}

const accuracyOf = ({ test: rows, labels }: FineTuneOptions, predictions: Int32Array): number =>
  rows.filter((row, i) => labels[row] === predictions[i]).length / rows.length;

test.each([
  ["ResNet", {}, {}],
  ["ViT with drop path", vit, {}],
  ["ResNet on physical values", {}, { bits: 32 }],
])("learns what the labels say, the same each time: %s", async (_, changes, toy) => {
  const { data, options } = await setUp(changes, toy);
  const engine = await createEngine({ threads: 1 });
  const first = await fineTune(engine, options);
  expect(accuracyOf(options, first.predictions)).toBeGreaterThan(0.8);
  expect(first.validation.map(({ step }) => step)).toEqual([12, 24, 36, 48, 60]);
  const best = Math.max(...first.validation.map(({ accuracy }) => accuracy));
  expect(first.validation.find(({ step }) => step === first.step)?.accuracy).toBe(best);
  const again = await fineTune(engine, options);
  expect(Array.from(again.logits.data)).toEqual(Array.from(first.logits.data));
  // test labels change nothing
  const labels = Int32Array.from(options.labels);
  for (const row of options.test) labels[row] = 1 - (labels[row] as number);
  const other = await fineTune(engine, { ...options, labels });
  expect(Array.from(other.logits.data)).toEqual(Array.from(first.logits.data));
  await engine.dispose();
  data.store.close();
  expect(liveDeviceTensors()).toBe(0);
});

test("starts from the weights that are given, and one image a class is enough to run", async () => {
  const { data, options } = await setUp();
  const engine = await createEngine({ threads: 1 });
  const model = createModel(data.config);
  const values = namedValues(model, initialValues(model, 9));
  const few = { ...options, train: options.train.subarray(0, 2), steps: 5, learningRate: 1e-9 };
  const given = await fineTune(engine, { ...few, values, seed: 0 });
  const same = await fineTune(engine, { ...few, values: new Map(values), seed: 0 });
  const scratch = await fineTune(engine, { ...few, seed: 0 });
  expect(Array.from(given.logits.data)).toEqual(Array.from(same.logits.data));
  expect(Array.from(given.logits.data)).not.toEqual(Array.from(scratch.logits.data));
  await engine.dispose();
  data.store.close();
});

test("says what is missing, and stops on request", async () => {
  const { data, options } = await setUp();
  const engine = await createEngine({ threads: 1 });
  await expect(fineTune(engine, { ...options, validation: new Uint32Array(0) })).rejects.toThrow(
    "fine-tuning: expected labelled rows to learn from and to choose the best epoch on, got 28 and 0.",
  );
  const stop = new AbortController();
  const onProgress = (done: number): void => {
    if (done === 3) stop.abort();
  };
  await expect(fineTune(engine, { ...options, signal: stop.signal, onProgress })).rejects.toThrow("stopped on request");
  await expect(fineTune(engine, { ...options, learningRate: 1e30 })).rejects.toThrow(
    /fine-tuning, step \d+: expected a finite loss/,
  );
  await engine.dispose();
  data.store.close();
  expect(liveDeviceTensors()).toBe(0);
});
