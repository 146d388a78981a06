// Views brought back are those of training's own program, also where the last batch is not full.
import { applyViews, drawView, drawViews, resolveViews, viewSignature, viewWords } from "@lejepa/augment";
import { parseConfig, stream, withImages } from "@lejepa/contracts";
import { createEncoder } from "@lejepa/encoders";
import { createEngine } from "@lejepa/engine";
import type * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { drawPreview, randomEncoder } from "./index.ts";

const [count, side] = [5, 24];
const random = stream(3, "pixels");
const pixels = Uint8Array.from({ length: count * side * side * 3 }, () => random.integer(256));
const store = {
  height: side,
  width: side,
  read: (rows: ArrayLike<number>) =>
    Uint8Array.from(
      Array.from(rows).flatMap((row) => [...pixels.subarray(row * side * side * 3, (row + 1) * side * side * 3)]),
    ),
  readMasks: (rows: ArrayLike<number>) => new Uint8Array(rows.length * side * side).fill(1),
};
const config = withImages(
  parseConfig(
    {
      dataset: { id: "folder", options: { path: "x" } },
      data: { imageSize: side },
      views: { globalSize: 16, localSize: 8, locals: 1 },
      encoder: { name: "resnet10", width: 8 },
    },
    "test",
  ),
  { channels: 3 },
);

test("views, parameters, words and features", async () => {
  const statistics = { mean: [0.5, 0.5, 0.5], std: [0.3, 0.3, 0.3] };
  const views = resolveViews(config, { height: side, width: side, channels: 3, dtype: "uint8", ...statistics });
  const encoder = createEncoder("resnet10", { channels: 3, stem: "small", width: 8 });
  const items = [7, 3, 900, 11, 0];
  const rows = [0, 1, 2, 3, 4];
  const values = randomEncoder(encoder, 0);
  const engine = await createEngine({ device: "cpu", threads: 1 });
  try {
    const groups = await drawPreview(engine, { views, encoder, values, store, rows, items, seed: 5, batchSize: 2 });
    const run = (inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> =>
      applyViews(inputs["images"] as tf.Tensor, inputs, views) as Record<string, tf.Tensor>;
    const signature = {
      images: { shape: [count, side, side, 3], dtype: "uint8" as const },
      ...viewSignature(views, count),
    };
    const program = await engine.compile(run, signature);
    const whole = await program.run({ images: pixels, ...drawViews(views, { seed: 5, epoch: 0, items }) });
    for (const group of groups) {
      const expected = (await whole[group.name]?.read()) as Float32Array;
      expect(group.pixels).toHaveLength(expected.length);
      expect(group.pixels.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-5)).toBe(true);
      expect(group.embedding).toMatchObject({ rows: group.views * count, columns: encoder.featureDim });
      expect(group.embedding.data.every(Number.isFinite)).toBe(true);
      const at = (group.views - 1) * count + 2;
      const one = drawView(views, { group: group.name, view: group.views - 1, seed: 5, epoch: 0, item: 900 });
      expect(group.parameters[at]).toEqual(one);
      expect(group.words[at]).toEqual(viewWords(one, views, group.name));
    }
    await expect(
      drawPreview(engine, { views, encoder, values, store, rows, items, seed: 5, signal: AbortSignal.abort() }),
    ).rejects.toThrow("stopped on request");
  } finally {
    await engine.dispose();
  }
});
