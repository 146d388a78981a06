import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readModelFiles, splitReference } from "./model-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "lejepa-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(preprocessor: object | undefined, config?: object): ReturnType<typeof readModelFiles> {
  const own = mkdtempSync(join(folder, "model-"));
  if (preprocessor !== undefined) writeFileSync(join(own, "preprocessor_config.json"), JSON.stringify(preprocessor));
  if (config !== undefined) writeFileSync(join(own, "config.json"), JSON.stringify(config));
  return readModelFiles(own);
}

const imagenet = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };

test("the size that the network takes: the crop where one is cut, else the resize", () => {
  expect(
    read({ crop_size: { height: 224, width: 224 }, do_center_crop: true, size: { shortest_edge: 256 } }).size,
  ).toBe(224);
  expect(read({ crop_size: null, size: { height: 192, width: 192 } }).size).toBe(192);
  expect(read({ crop_size: 224, do_center_crop: false, size: 256 }).size).toBe(256);
  expect(read({}).size).toBeUndefined();
});

test("normalisation on the scale where black is 0 and white is 1", () => {
  expect(read({ ...imagenet, rescale_factor: 1 / 255, resample: 3 })).toMatchObject({
    mean: imagenet.image_mean,
    std: imagenet.image_std,
    resample: "bicubic",
  });
  // on the scale of 0 to 255
  expect(read({ image_mean: 127.5, image_std: 127.5, do_rescale: false })).toMatchObject({
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  });
  expect(read({ ...imagenet, do_normalize: false })).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1] });
  expect(read(undefined, { pretrained_cfg: { mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] } })).toMatchObject({
    mean: [0.4, 0.4, 0.4],
  });
});

test("what config.json says of the network", () => {
  expect(
    read(undefined, { num_attention_heads: 6, layer_norm_eps: 1e-5, rope_theta: 100, num_register_tokens: 4 }),
  ).toEqual({
    heads: 6,
    epsilon: 1e-5,
    rotaryBase: 100,
    registers: 4,
    found: ["config.json"],
  });
  expect(() => read({ size: "large" })).toThrow(/preprocessor_config\.json: .*/);
});

test("settings follow a question mark", () => {
  expect(splitReference("a/b.onnx")).toEqual({ path: "a/b.onnx", settings: {} });
  const { path, settings } = splitReference("b.onnx?size=224&mean=0.5,0.25,1e-2&layout=nhwc&tokens=mean&prefix=0");
  expect(path).toBe("b.onnx");
  expect(settings).toEqual({ size: 224, mean: [0.5, 0.25, 0.01], layout: "nhwc", tokens: "mean", prefix: 0 });
  for (const wrong of ["size=0", "std=a", "layout=chw", "prefix=-1", "tokens=all"])
    expect(() => splitReference(`b.onnx?${wrong}`)).toThrow(/settings of b\.onnx: \w+: expected/);
});
