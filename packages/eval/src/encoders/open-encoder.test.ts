// References of every kind through `openEncoder`: what opens, that features are those of the network itself, how channels are
// treated, and what is told when nothing fits.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEncoder, initialise, withShapes, writeSafetensors } from "@lejepa/encoders";
import { createEngine } from "@lejepa/engine";
import { afterAll, expect, test } from "vitest";
import { formulaPixels, memoryStore, relativeError, rowRange } from "../_store.test-helper.ts";
import { extractFeatures } from "../features.ts";
import type { OpenContext } from "./open-context.ts";
import { openEncoder, parseReference } from "./open-encoder.ts";

const engine = await createEngine();
const folder = mkdtempSync(join(tmpdir(), "lejepa-open-"));
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

const rows = rowRange(0, 5);
const storeOf = (channels: number, size = 32) =>
  memoryStore({ count: 5, size, channels, pixels: formulaPixels(5, size, channels), fingerprint: `f${channels}` });
const store = storeOf(3);
const contextOf = (more: Partial<OpenContext> = {}): OpenContext => ({
  engine,
  images: { store, train: rows },
  ...more,
});

// a DINOv2 of two blocks under timm's names, which are ours
const dinoOptions = { imageSize: 56, patchSize: 14, dim: 64, depth: 2, heads: 1, layerScale: 1e-5 } as const;
const dino = createEncoder("vit_large", dinoOptions);
const dinoValues = initialise(dino.params, 3);
const dinoFile = join(folder, "tiny.safetensors");
writeFileSync(dinoFile, writeSafetensors(withShapes(dino.params, dinoValues)));

// a run of two checkpoints, as @lejepa/train writes it
const spec = { name: "vit_nano", options: { imageSize: 32, patchSize: 8, channels: 3, dim: 16, depth: 2, heads: 2 } };
const image = { size: 32, channels: 3, range: [0, 255], mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } as const;
const trained = createEncoder(spec.name, spec.options);
const run = join(folder, "first");
for (const step of [5, 10]) {
  const path = join(run, "checkpoints", `step-${String(step).padStart(8, "0")}`);
  mkdirSync(path, { recursive: true });
  const info = { format: 1, step, epoch: 0, encoder: spec, image, loss: 1, score: 1, savedAt: "" };
  writeFileSync(join(path, "checkpoint.json"), JSON.stringify(info));
  writeFileSync(
    join(path, "model.safetensors"),
    writeSafetensors(withShapes(trained.params, initialise(trained.params, step))),
  );
}
writeFileSync(join(run, "run.json"), JSON.stringify({ format: 1, steps: { done: 10, total: 10, perEpoch: 5 } }));
writeFileSync(join(run, "config.resolved.json"), JSON.stringify({ dataset: { id: "folder" } }));
// the loss of the first epoch is the lower one
const losses = Array.from({ length: 10 }, (_, i) => JSON.stringify({ step: i + 1, loss: i < 5 ? 1 : 2 }));
writeFileSync(join(run, "metrics.jsonl"), `${losses.join("\n")}\n`);

test("a run, its best and any other checkpoint", async () => {
  const direct = (seed: number) =>
    extractFeatures(engine, { encoder: trained, values: initialise(trained.params, seed), ...image, store });
  for (const [reference, step] of [
    [run, 10],
    [`run:${run}`, 10],
    [`run:${run}@best`, 5],
    [`run:${run}@5`, 5],
  ] as const) {
    const encoder = await openEncoder(reference, contextOf());
    expect(encoder).toMatchObject({ kind: "run", featureDim: 16, inputSize: 32 });
    expect(encoder.notes).toContain(`checkpoint: step ${step}`);
    const { embedding, probe } = await encoder.extract(store, rows);
    const expected = await direct(step);
    expect(relativeError(embedding.data, expected.embedding.data)).toBeLessThan(1e-5);
    expect(relativeError(probe.data, expected.probe.data)).toBeLessThan(1e-5);
  }
  await expect(openEncoder(`run:${run}@7`, contextOf())).rejects.toMatchObject({ code: "E_CHECKPOINT" });
});

test("random weights of a run's architecture differ by seed", async () => {
  const like = { spec, image };
  const [one, two] = await Promise.all([0, 1].map((seed) => openEncoder("random", contextOf({ like, seed }))));
  expect(one?.id).not.toBe(two?.id);
  expect(one).toMatchObject({ kind: "random", name: "random init, vit_nano" });
  await expect(openEncoder("random", contextOf())).rejects.toMatchObject({ code: "E_USAGE" });
});

test("DINO weights: every output, and the cache gives the same", async () => {
  const cacheDir = join(folder, "cache");
  const encoder = await openEncoder(`${dinoFile}?size=28`, contextOf({ cacheDir }));
  expect(encoder).toMatchObject({ kind: "dino", name: "tiny", inputSize: 28, featureDim: 64 });
  expect(encoder.notes.join("\n")).toMatch(
    /resized to 28 pixels \(bicubic\)[\s\S]*class token[\s\S]*dinov2, names of timm/,
  );
  const outputs = ["cls", "patch", "both", "last-2"];
  const features = await encoder.extract(store, rows, { outputs });
  const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const given = { encoder: dino, values: dinoValues, ...imagenet, size: 28, interpolation: "bicubic", store } as const;
  const { embedding } = await extractFeatures(engine, given);
  expect(relativeError(features.embedding.data, embedding.data)).toBeLessThan(1e-5);
  expect(relativeError(features.cls?.data ?? [], embedding.data)).toBeLessThan(1e-5);
  expect(outputs.map((name) => features[name]?.columns)).toEqual([64, 64, 128, 128]);
  expect(features["last-2"]?.data.slice(64, 128)).toEqual(features.cls?.data.slice(0, 64));
  expect(await encoder.extract(store, rows, { outputs })).toEqual(features);
  await expect(encoder.extract(store, rows, { outputs: ["last-3"] })).rejects.toMatchObject({
    code: "E_USAGE",
    message: expect.stringMatching(/K up to 2/),
  });
});

test("channels: a gray image is replicated, five bands need a choice, patches adapt", async () => {
  const gray = storeOf(1);
  const many = storeOf(5);
  const opened = await openEncoder(`${dinoFile}?size=28`, contextOf({ images: { store: gray, train: rows } }));
  expect(opened.notes[0]).toBe("channels: 1 replicated to 3");
  const images = { store: many, train: rows };
  await expect(openEncoder(`${dinoFile}?size=28`, contextOf({ images }))).rejects.toMatchObject({ code: "E_CONFIG" });
  const ids = new Set<string>();
  for (const channels of ["pca", "patch", { bands: [3, 1, 0] }] as const) {
    const encoder = await openEncoder(`${dinoFile}?size=28`, contextOf({ images, channels }));
    const { embedding } = await encoder.extract(many, rows);
    expect(embedding.data.every(Number.isFinite)).toBe(true);
    ids.add(encoder.id);
  }
  expect(ids.size).toBe(3);
});

test("a policy for others leaves a run's own channels alone", async () => {
  const encoder = await openEncoder(run, contextOf({ channels: { bands: [2, 1, 0] } }));
  expect(encoder.notes[0]).toBe("channels: all 3 as they are");
});

test("features that are no numbers", async () => {
  const file = join(folder, "nan.safetensors");
  const broken = new Map(dinoValues).set("norm.bias", new Float32Array(64).fill(Number.NaN));
  writeFileSync(file, writeSafetensors(withShapes(dino.params, broken)));
  const encoder = await openEncoder(`${file}?size=28`, contextOf());
  await expect(encoder.extract(store, rows)).rejects.toMatchObject({ code: "E_NAN" });
});

const text = join(folder, "notes.txt");
writeFileSync(text, "no model");
const empty = join(folder, "empty");
mkdirSync(empty);

test.each([
  ["dinov2-smal", "E_USAGE", /dinov3-vitl16-sat.*Did you mean dinov2-small\?/],
  ["pixel", "E_USAGE", /Did you mean pixels\?/],
  [join(folder, "nothing.onnx"), "E_USAGE", /Is the path right\?/],
  [`run:${run}@bset`, "E_USAGE", /Did you mean best\?/],
  [text, "E_DATA", /got a file that is neither/],
  [empty, "E_DATA", /got a folder with neither/],
  [`${dinoFile}?size=30`, "E_CONFIG", /whole patches of 14 pixels, got 30.*size=28/],
  ["dinov2-small", "E_DATA", /lejepa baselines fetch dinov2-small/],
] as const)("refuses %s", async (reference, code, message) => {
  await expect(openEncoder(reference, contextOf())).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test("a slip in a reference is told without opening anything", () => {
  expect(() => parseReference("randon", "--baseline")).toThrow(/^--baseline: .*Did you mean random\?$/);
});
