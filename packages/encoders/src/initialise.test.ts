import { expect, test } from "vitest";
import { createEncoder, createProjector, initialise } from "./index.ts";

const moments = (values: Float32Array): { mean: number; std: number; most: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(square), most: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
};

function valuesOf(initial: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const values = initial.get(name);
  if (values === undefined) throw new Error(`no ${name}`);
  return values;
}

test("a ViT starts as timm's does", () => {
  const initial = initialise(createEncoder("vit_nano").params, 1);
  const dense = moments(valuesOf(initial, "blocks.3.mlp.fc1.weight"));
  expect(dense.std).toBeCloseTo(0.02, 3);
  expect(Math.abs(dense.mean)).toBeLessThan(3e-4);
  expect(moments(valuesOf(initial, "pos_embed")).std).toBeCloseTo(0.02, 3);
  expect(moments(valuesOf(initial, "cls_token")).most).toBeLessThan(6e-6);
  const patch = moments(valuesOf(initial, "patch_embed.proj.weight"));
  const bound = 1 / Math.sqrt(3 * 16 * 16);
  expect(patch.most).toBeLessThanOrEqual(bound);
  expect(patch.std).toBeCloseTo(bound / Math.sqrt(3), 3);
  expect(moments(valuesOf(initial, "blocks.0.attn.qkv.bias")).most).toBe(0);
  expect([...valuesOf(initial, "norm.weight")]).toEqual(Array(128).fill(1));
});

test("a ResNet starts as timm's does: Kaiming normal over the outputs, last norms at 0", () => {
  const initial = initialise(createEncoder("resnet18").params, 1);
  expect(moments(valuesOf(initial, "layer3.0.conv1.weight")).std).toBeCloseTo(Math.sqrt(2 / (256 * 9)), 3);
  expect(moments(valuesOf(initial, "layer3.0.bn2.weight")).most).toBe(0);
  expect(moments(valuesOf(initial, "layer3.0.bn1.weight")).mean).toBe(1);
  expect(moments(valuesOf(initial, "layer3.0.downsample.1.weight")).mean).toBe(1);
  expect(moments(valuesOf(initial, "bn1.running_var")).mean).toBe(1);
});

test("bottlenecks zero their third norm", () => {
  const initial = initialise(createEncoder("resnet50", { width: 4 }).params, 1);
  expect(moments(valuesOf(initial, "layer2.1.bn3.weight")).most).toBe(0);
  expect(moments(valuesOf(initial, "layer2.1.bn2.weight")).mean).toBe(1);
});

test("`torch` initialises a ResNet with PyTorch's layer defaults", () => {
  const initial = initialise(createEncoder("resnet10", { width: 32, init: "torch" }).params, 1);
  const { most, std } = moments(valuesOf(initial, "layer4.0.conv1.weight"));
  const bound = 1 / Math.sqrt(128 * 9);
  expect(most).toBeLessThanOrEqual(bound);
  expect(std).toBeCloseTo(bound / Math.sqrt(3), 3);
  expect(moments(valuesOf(initial, "layer4.0.bn2.weight")).mean).toBe(1);
});

test("every tensor has a stream of its own, given by seed and name", () => {
  const shallow = initialise(createEncoder("vit_nano", { depth: 2 }).params, 7);
  const deep = initialise(createEncoder("vit_nano", { depth: 3 }).params, 7);
  const other = initialise(createEncoder("vit_nano", { depth: 2 }).params, 8);
  for (const [name, values] of shallow) expect(deep.get(name), name).toEqual(values);
  const weights = valuesOf(shallow, "blocks.0.attn.proj.weight");
  expect(valuesOf(other, "blocks.0.attn.proj.weight")).not.toEqual(weights);
  expect(valuesOf(shallow, "blocks.1.attn.proj.weight")).not.toEqual(weights);
});

test("encoder and projector share no name", () => {
  const projector = createProjector({ inDim: 8 });
  const encoder = new Set(createEncoder("resnet18").params.map(({ name }) => name));
  expect(projector.params.filter(({ name }) => encoder.has(name))).toEqual([]);
  expect(projector.params.map(({ name, shape }) => `${name} ${shape.join(" ")}`)).toEqual([
    "projector.0.weight 2048 8",
    "projector.1.weight 2048",
    "projector.1.bias 2048",
    "projector.1.running_mean 2048",
    "projector.1.running_var 2048",
    "projector.3.weight 2048 2048",
    "projector.4.weight 2048",
    "projector.4.bias 2048",
    "projector.4.running_mean 2048",
    "projector.4.running_var 2048",
    "projector.6.weight 64 2048",
    "projector.6.bias 64",
  ]);
});
