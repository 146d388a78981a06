// Properties of forward passes that need no reference values.
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { expectClose, useReference } from "./_golden.test-helper.ts";
import {
  createEncoder,
  createProjector,
  type Encoder,
  type ForwardContext,
  initialise,
  type ParamSpec,
} from "./index.ts";

beforeAll(useReference);

const vit = createEncoder("vit_nano", { imageSize: 8, patchSize: 4, dim: 8, depth: 3, heads: 2, dropPath: 0.6 });
const resnet = createEncoder("resnet10", { width: 2, stem: "small" });
const evaluation: ForwardContext = { training: false };

const tensors = (params: readonly ParamSpec[]): Record<string, tf.Tensor> => {
  const values = initialise(params, 2);
  return Object.fromEntries(params.map(({ name, shape }) => [name, tf.tensor(values.get(name) ?? [], [...shape])]));
};

describe.each<[string, Encoder]>([
  ["ViT", vit],
  ["ResNet", resnet],
])("%s", (_, encoder) => {
  const shape = (b: number): [number, number, number, number] => [b, 3, 16, 16];

  test("evaluation treats every image alone", () => {
    const params = tensors(encoder.params);
    const x = tf.randomNormal(shape(3), 0, 1, "float32", 5);
    const together = encoder.forward(params, x, evaluation);
    const alone = encoder.forward(params, tf.slice(x, [1, 0, 0, 0], shape(1)), evaluation);
    for (const key of ["embedding", "probe"] as const) {
      const width = together[key].shape[1];
      expect(width).toBe(key === "embedding" ? encoder.featureDim : encoder.probeDim);
      expectClose(alone[key].dataSync(), [...tf.slice(together[key], [1, 0], [1, width]).dataSync()], key, 1e-5);
    }
  });

  test("a forward pass leaves nothing behind but its updates", () => {
    const params = tensors(encoder.params);
    const before = tf.memory().numTensors;
    const updates = new Map<string, tf.Tensor>();
    tf.tidy(() => {
      const noise = tf.fill([encoder.noiseCount, 2], 0.5);
      for (let view = 0; view < 2; view++)
        encoder.forward(params, tf.ones(shape(2)), { training: true, noise, updates });
    });
    const buffers = encoder.params.filter(({ kind }) => kind === "buffer");
    expect([...updates.keys()].sort()).toEqual(buffers.map(({ name }) => name).sort());
    expect(tf.memory().numTensors - before).toBe(buffers.length);
    tf.dispose([...updates.values(), ...Object.values(params)]);
  });

  test("images with other channels are refused", () => {
    expect(() => encoder.forward(tensors(encoder.params), tf.ones([1, 4, 16, 16]), evaluation)).toThrow(
      /expected x of shape \[any, 3, any, any\], got \[1, 4, 16, 16\]/,
    );
  });

  test("a missing parameter is named", () => {
    const params = tensors(encoder.params);
    const [first] = Object.keys(params).filter((name) => name.endsWith(".weight"));
    delete params[first as string];
    expect(() => encoder.forward(params, tf.ones(shape(2)), evaluation)).toThrow(
      `expected a parameter called ${first}`,
    );
  });
});

describe("drop path", () => {
  let params: Record<string, tf.Tensor> = {};
  let x = {} as tf.Tensor;
  beforeAll(() => {
    params = tensors(vit.params);
    x = tf.randomNormal([2, 3, 8, 8], 0, 1, "float32", 9);
  });
  const embed = (context: ForwardContext): number[] => [...vit.forward(params, x, context).embedding.dataSync()];

  test("needs 2 numbers a sample for every block but the first", () => {
    expect(vit.noiseCount).toBe(4);
    expect(() => embed({ training: true })).toThrow(/vit_nano: expected noise of shape \[4, 2\]/);
  });

  test("is off in evaluation", () => {
    expect(embed({ training: false, noise: tf.zeros([4, 2]) })).toEqual(embed(evaluation));
  });

  test("drops by sample: uniforms near 0 leave the first block alone", () => {
    const noise = tf.tensor2d([0, 0.99, 0, 0.99, 0, 0.99, 0, 0.99], [4, 2]);
    const dropped = embed({ training: true, noise });
    const shallow = createEncoder("vit_nano", { imageSize: 8, patchSize: 4, dim: 8, depth: 1, heads: 2 });
    const first = shallow.forward(params, x, evaluation).embedding.dataSync();
    expectClose(dropped.slice(0, 8), [...first].slice(0, 8), "dropped sample", 1e-5);
    const kept = Math.max(...dropped.slice(8).map((value, i) => Math.abs(value - (first[8 + i] as number))));
    expect(kept).toBeGreaterThan(1e-3);
  });
});

test("views that are no whole patches are refused", () => {
  expect(() => vit.forward(tensors(vit.params), tf.ones([1, 3, 10, 8]), evaluation)).toThrow(
    /multiples of the patch size 4, got 10 x 8/,
  );
});

test("batch norm refuses a single value per channel in training", () => {
  const projector = createProjector({ inDim: 2, hidden: [3], outDim: 1 });
  expect(() => projector.forward(tensors(projector.params), tf.ones([1, 2]), { training: true })).toThrow(
    /projector.1: expected more than one value per channel in training, got \[1, 3\]/,
  );
});

test("a projector without hidden layers is one dense layer", () => {
  const projector = createProjector({ inDim: 2, hidden: [], outDim: 3, prefix: "head." });
  expect(projector.params.map(({ name }) => name)).toEqual(["head.0.weight", "head.0.bias"]);
  expect(projector.forward(tensors(projector.params), tf.ones([4, 2]), evaluation).shape).toEqual([4, 3]);
  expect(() => createProjector({ inDim: 2, hiden: [] } as object as { inDim: number })).toThrow(
    /Did you mean "hidden"\?/,
  );
});
