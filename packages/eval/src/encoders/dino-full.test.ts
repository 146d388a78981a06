// DINOv2 and DINOv3 in their published sizes and names, with random weights: our ViT against PyTorch and against the same
// weights as ONNX. Too large for every run: made by `python3 tools/goldens/encoders_dino.py --full FOLDER`.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createEncoder, dinoWeights, flatLayout, pack, selectWeights, unflatten } from "@lejepa/encoders";
import { createEngine, openOnnxModel } from "@lejepa/engine";
import { expect, test } from "vitest";
import { readTensorFile } from "./checkpoint.ts";
import { readModelFiles } from "./model-settings.ts";

const folder = process.env.LEJEPA_DINO_FULL;
const names =
  folder === undefined
    ? ["the published sizes"]
    : readdirSync(folder).filter((name) => existsSync(join(folder, name, "outputs.f32")));

const floats = (file: string): Float32Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
};

function largestError(got: Float32Array, expected: Float32Array): number {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs((got[i] as number) - value))) / scale;
}

async function ours(path: string, x: Float32Array): Promise<Float32Array> {
  const { spec, tensors } = dinoWeights(readTensorFile(join(path, "model.safetensors")), {
    facts: readModelFiles(path),
  });
  const encoder = createEncoder(spec.name, spec.options);
  const layout = flatLayout(encoder.params);
  const engine = await createEngine();
  const program = await engine.compile(
    (given) => {
      const [last] = encoder.tokens?.read(unflatten(given.theta, layout), given.x, 1) ?? [];
      if (last?.classToken === undefined) throw new Error("no tokens");
      return { embedding: last.classToken, patch: last.patch };
    },
    { theta: { shape: [layout.length] }, x: { shape: [2, 3, 224, 224] } },
  );
  const out = await program.run({ theta: pack(selectWeights(encoder.params, tensors), layout), x });
  const values = [(await out.embedding?.read()) as Float32Array, (await out.patch?.read()) as Float32Array];
  await engine.dispose();
  return Float32Array.from(values.flatMap((all) => [...all]));
}

test.for(names)("%s", { timeout: 300_000 }, async (name, { skip }) => {
  skip(folder === undefined, "needs LEJEPA_DINO_FULL, the folder that encoders_dino.py --full wrote");
  const path = join(folder as string, name);
  const x = floats(join(path, "input.f32"));
  const got = await ours(path, x);
  expect(largestError(got, floats(join(path, "outputs.f32")))).toBeLessThan(1e-4);
  if (!existsSync(join(path, "model.onnx"))) return;
  const model = await openOnnxModel(join(path, "model.onnx"));
  const tensor = { type: "float32", shape: [2, 3, 224, 224], data: x } as const;
  const [embedding, patch] = await model.run({ name: "pixel_values", tensor }, ["embedding", "patch"]);
  await model.dispose();
  expect(largestError(got, Float32Array.from([...(embedding?.data ?? []), ...(patch?.data ?? [])]))).toBeLessThan(1e-4);
});
