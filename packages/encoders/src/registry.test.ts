import { configSchema } from "@lejepa/contracts";
import { describe, expect, test } from "vitest";
import { createEncoder, encoderNames, type ParamSpec } from "./index.ts";

const sizeOf = ({ shape }: ParamSpec): number => shape.reduce((product, size) => product * size, 1);
const parameterCount = (params: readonly ParamSpec[]): number =>
  params.filter(({ kind }) => kind === "parameter").reduce((sum, spec) => sum + sizeOf(spec), 0);

// counted with timm 0.9.16: create_model(name, num_classes=0)
test.each([
  ["vit_tiny", 5_524_416],
  ["vit_small", 21_665_664],
  ["vit_base", 85_798_656],
  ["vit_large", 303_301_632],
  ["resnet18", 11_176_512],
  ["resnet34", 21_284_672],
  ["resnet50", 23_508_032],
])("%s has timm's number of parameters", (name, count) => {
  expect(parameterCount(createEncoder(name).params)).toBe(count);
});

test("names and shapes of a ViT are timm's", () => {
  const { params } = createEncoder("vit_tiny", { depth: 1 });
  expect(params.map(({ name, shape }) => [name, shape])).toEqual([
    ["cls_token", [1, 1, 192]],
    ["pos_embed", [1, 197, 192]],
    ["patch_embed.proj.weight", [192, 3, 16, 16]],
    ["patch_embed.proj.bias", [192]],
    ["blocks.0.norm1.weight", [192]],
    ["blocks.0.norm1.bias", [192]],
    ["blocks.0.attn.qkv.weight", [576, 192]],
    ["blocks.0.attn.qkv.bias", [576]],
    ["blocks.0.attn.proj.weight", [192, 192]],
    ["blocks.0.attn.proj.bias", [192]],
    ["blocks.0.norm2.weight", [192]],
    ["blocks.0.norm2.bias", [192]],
    ["blocks.0.mlp.fc1.weight", [768, 192]],
    ["blocks.0.mlp.fc1.bias", [768]],
    ["blocks.0.mlp.fc2.weight", [192, 768]],
    ["blocks.0.mlp.fc2.bias", [192]],
    ["norm.weight", [192]],
    ["norm.bias", [192]],
  ]);
});

test("mean pooling has no class token and timm's fc_norm", () => {
  const names = createEncoder("vit_nano", { pooling: "mean" }).params.map(({ name }) => name);
  expect(names).not.toContain("cls_token");
  expect(names.slice(-2)).toEqual(["fc_norm.weight", "fc_norm.bias"]);
});

test("the ResNet-10 of the learning recipe: widths 32, 64, 128, 256, a shortcut in the last three stages", () => {
  const encoder = createEncoder("resnet10", { stem: "small", stemStride: 2, width: 32, strides: [1, 2, 2, 1] });
  expect([encoder.featureDim, encoder.probeDim]).toEqual([256, 384]);
  const convolutions = encoder.params.filter(({ shape }) => shape.length === 4);
  expect(convolutions.map(({ name, shape }) => `${name} ${shape.join(" ")}`)).toEqual([
    "conv1.weight 32 3 3 3",
    "layer1.0.conv1.weight 32 32 3 3",
    "layer1.0.conv2.weight 32 32 3 3",
    "layer2.0.conv1.weight 64 32 3 3",
    "layer2.0.conv2.weight 64 64 3 3",
    "layer2.0.downsample.0.weight 64 32 1 1",
    "layer3.0.conv1.weight 128 64 3 3",
    "layer3.0.conv2.weight 128 128 3 3",
    "layer3.0.downsample.0.weight 128 64 1 1",
    "layer4.0.conv1.weight 256 128 3 3",
    "layer4.0.conv2.weight 256 256 3 3",
    "layer4.0.downsample.0.weight 256 128 1 1",
  ]);
});

test.each(encoderNames)("%s: unique names; decay on weights of layers only", (name) => {
  const { params } = createEncoder(name);
  expect(new Set(params.map((spec) => spec.name)).size).toBe(params.length);
  for (const { name: parameterName, shape, decay } of params) {
    expect(decay, parameterName).toBe(shape.length > 1 && !["cls_token", "pos_embed"].includes(parameterName));
  }
});

test("the configuration schema names the same encoders", () => {
  const names = configSchema.shape.encoder.def.innerType.shape.name.def.innerType.options;
  expect([...names].sort()).toEqual([...encoderNames].sort());
});

describe("wrong options", () => {
  test.each([
    [() => createEncoder("vit_tyni"), /got "vit_tyni"\. Did you mean "vit_tiny"\?/],
    [() => createEncoder("convnext"), /createEncoder: expected one of the encoders vit_nano, .*, got "convnext"\./],
    [() => createEncoder("vit_tiny", { patchsize: 8 }), /vit_tiny: .* got "patchsize"\. Did you mean "patchSize"\?/],
    [() => createEncoder("resnet18", { dropPath: 0.1 } as object), /resnet18: expected one of the options channels, /],
    [() => createEncoder("vit_tiny", { patchSize: 0 }), /expected patchSize as an integer >= 1, got 0/],
    [() => createEncoder("vit_tiny", { imageSize: 60 }), /imageSize divisible by patchSize, got 60 and 16/],
    [() => createEncoder("vit_tiny", { heads: 5 }), /dim divisible by heads, got 192 and 5/],
    [() => createEncoder("vit_tiny", { dropPath: 1 }), /dropPath as a number in \[0, 1\), got 1/],
    [() => createEncoder("vit_tiny", { pooling: "max" } as object), /pooling as "cls" or "mean", got "max"/],
    [() => createEncoder("resnet18", { strides: [1, 2] }), /strides as a list of 4 integers >= 1, got \[1,2\]/],
    [() => createEncoder("vit_tiny", { constructor: 1 } as object), /got "constructor"/],
  ])("case %#", (call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: "E_CONFIG", message: expect.stringMatching(message) }));
  });

  test("undefined counts as not given", () => {
    expect(createEncoder("vit_tiny", { patchSize: undefined }).params).toEqual(createEncoder("vit_tiny").params);
  });
});
