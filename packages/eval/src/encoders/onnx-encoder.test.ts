// ONNX files as encoders: small models of PyTorch's exporter against ONNX Runtime in Python, real ones where the sample data
// is, and what is refused.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEngine } from "@lejepa/engine";
import { afterAll, expect, test } from "vitest";
import { formulaPixels, memoryStore, relativeError, rowRange } from "../_store.test-helper.ts";
import type { OpenContext } from "./open-context.ts";
import { openEncoder } from "./open-encoder.ts";

const fixtures = fileURLToPath(new URL("../fixtures/onnx", import.meta.url));
const golden = JSON.parse(readFileSync(join(fixtures, "goldens.json"), "utf8")) as {
  readonly tokens: Readonly<Record<"pooled" | "cls" | "patch", readonly number[]>>;
  readonly map: { readonly mean: readonly number[] };
};
const engine = await createEngine();
const folder = mkdtempSync(join(tmpdir(), "lejepa-onnx-"));
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

const rows = rowRange(0, 6);
const store = memoryStore({ count: 6, size: 16, channels: 3, pixels: formulaPixels(6, 16) });
const context = (more: Partial<OpenContext> = {}): OpenContext => ({ engine, images: { store, train: rows }, ...more });
const file = (name: string): string => join(fixtures, `${name}.onnx`);

test("a pooled output, whatever the batch", async () => {
  for (const batchSize of [1, 4, 32]) {
    const encoder = await openEncoder(`${file("tokens")}?size=16`, context({ batchSize }));
    expect(encoder).toMatchObject({ kind: "onnx", name: "tokens", inputSize: 16, featureDim: 8 });
    expect(encoder.notes.join("\n")).toMatch(/output pooler_output.*as it is/);
    const { embedding, probe } = await encoder.extract(store, rows);
    expect(relativeError(embedding.data, golden.tokens.pooled)).toBeLessThan(1e-4);
    expect(probe.data).toEqual(embedding.data);
    await encoder.dispose();
  }
});

test("tokens: first, mean of the patches, both", async () => {
  const encoder = await openEncoder(`${file("tokens")}?size=16&output=last_hidden_state`, context());
  const { embedding, cls, patch, both } = await encoder.extract(store, rows, { outputs: ["cls", "patch", "both"] });
  expect(embedding.data).toEqual(cls?.data);
  expect(relativeError(cls?.data ?? [], golden.tokens.cls)).toBeLessThan(1e-4);
  expect(relativeError(patch?.data ?? [], golden.tokens.patch)).toBeLessThan(1e-4);
  expect(both?.columns).toBe(16);
  await encoder.dispose();
  const mean = await openEncoder(`${file("tokens")}?size=16&output=last_hidden_state&tokens=mean`, context());
  expect(relativeError((await mean.extract(store, rows)).embedding.data, golden.tokens.patch)).toBeLessThan(1e-4);
  expect(mean.id).not.toBe(encoder.id);
  await mean.dispose();
});

test("a model of float16 numbers", async () => {
  const encoder = await openEncoder(`${file("tokens-half")}?size=16`, context());
  const { embedding } = await encoder.extract(store, rows);
  expect(relativeError(embedding.data, golden.tokens.pooled)).toBeLessThan(1e-2);
  await encoder.dispose();
});

test("channels last, a fixed batch and size, a map of features; mean and std from the file beside it", async () => {
  const own = join(folder, "map", "onnx");
  mkdirSync(own, { recursive: true });
  copyFileSync(file("map"), join(own, "model.onnx"));
  // transformers' way to say pixels / 127.5 - 1
  const config = {
    image_mean: [1, 1, 1],
    image_std: [1, 1, 1],
    rescale_factor: 1 / 127.5,
    resample: 2,
    size: { height: 16, width: 16 },
  };
  writeFileSync(join(folder, "map", "preprocessor_config.json"), JSON.stringify(config));
  const encoder = await openEncoder(join(folder, "map"), context());
  expect(encoder.notes.join("\n")).toMatch(/nhwc[\s\S]*mean over the positions/);
  const { embedding } = await encoder.extract(store, rows.slice(0, 5));
  expect(relativeError(embedding.data, golden.map.mean.slice(0, 5 * 6))).toBeLessThan(1e-4);
  await encoder.dispose();
});

const cut = join(folder, "cut.onnx");
writeFileSync(cut, readFileSync(file("tokens")).subarray(0, 4000));
const damaged = join(folder, "damaged");
mkdirSync(damaged);
copyFileSync(file("tokens"), join(damaged, "model.onnx"));
writeFileSync(join(damaged, "preprocessor_config.json"), '{"size": ');

test.each([
  [`${cut}?size=16`, "E_DATA", /cannot load it/],
  [file("tokens"), "E_CONFIG", /size: expected a size from the model/],
  [`${file("map")}?size=32`, "E_CONFIG", /expected 16, which the model fixes, got 32/],
  [`${file("text")}`, "E_DATA", /expected an image encoder.*got input_ids int64/],
  [`${file("two-inputs")}`, "E_DATA", /expected an image encoder.*got x .*; y /],
  [`${file("two-outputs")}?size=16`, "E_CONFIG", /one of the outputs left, right, got none chosen/],
  [`${file("two-outputs")}?size=16&output=rigth`, "E_CONFIG", /Did you mean right\?/],
  [`${file("broken")}?size=16`, "E_NAN", /finite features of a gray image/],
  [`${file("tokens")}?size=16&mean=0.5,0.5`, "E_CONFIG", /mean: expected 3 numbers, one a channel, got 2/],
  [`${file("tokens")}?size=40`, "E_SHAPE", /refused its input/],
  [`${file("tokens")}?size=16&output=last_hidden_state&tokens=mean&prefix=9`, "E_SHAPE", /more than 9 tokens, got 5/],
  [`${file("tokens")}?sise=16`, "E_USAGE", /Did you mean size\?/],
  [`${file("tokens")}?size=many`, "E_USAGE", /expected pixels, e\.g\. size=224, got many/],
  [damaged, "E_DATA", /preprocessor_config.json: is no JSON/],
] as const)("refuses %s", async (reference, code, message) => {
  const failure = openEncoder(reference, context());
  await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test("an unknown output is told with the nearest", async () => {
  const encoder = await openEncoder(`${file("tokens")}?size=16&output=last_hidden_state`, context());
  await expect(encoder.extract(store, rows, { outputs: ["pacth"] })).rejects.toMatchObject({
    code: "E_USAGE",
    message: expect.stringMatching(/Did you mean patch\?/),
  });
  await encoder.dispose();
});

test("real models give the features of ONNX Runtime in Python", { timeout: 120_000 }, async ({ skip }) => {
  const models = fileURLToPath(new URL("../../../../../shared/data/models/onnx", import.meta.url));
  skip(!existsSync(models), "needs the sample data ../shared/data/models/onnx");
  const expected = JSON.parse(readFileSync(join(fixtures, "shared.json"), "utf8")) as Readonly<
    Record<string, { readonly columns: number; readonly features: readonly number[] }>
  >;
  const large = memoryStore({ count: 3, size: 224, channels: 3, pixels: formulaPixels(3, 224) });
  const of = { images: { store: large, train: rowRange(0, 3) } };
  for (const name of Object.keys(expected).filter((key) => key.endsWith(".onnx"))) {
    const mean = String(128 / 255);
    const encoder = await openEncoder(`${join(models, name)}?mean=${mean}&std=${mean}`, context(of));
    const { embedding } = await encoder.extract(large, rowRange(0, 3));
    expect(embedding.columns).toBe(expected[name]?.columns);
    const shown = embedding.data.filter((_, i) => (i % embedding.columns) % 8 === 0);
    expect(relativeError(shown, expected[name]?.features ?? []), name).toBeLessThan(1e-4);
    await encoder.dispose();
  }
});
