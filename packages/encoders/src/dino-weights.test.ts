// DINOv2 and DINOv3 checkpoints under every published style of names, against a PyTorch forward written from the papers
// (tools/goldens/encoders_dino.py), on the oracle and on the compiled engine.
import { readFileSync } from "node:fs";
import { createEngine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { expectClose, namedValues, testValue } from "./_golden.test-helper.ts";
import {
  createEncoder,
  dinoWeights,
  flatLayout,
  pack,
  readSafetensors,
  type StoredTensor,
  selectWeights,
  unflatten,
  writeSafetensors,
} from "./index.ts";
import { plainBicubicMatrix } from "./position-embedding.ts";

interface Run {
  readonly input: [number, number, number, number];
  readonly embedding: readonly number[];
  readonly probe: readonly number[];
  readonly tokens: readonly (readonly number[])[];
}
interface Golden {
  readonly title: string;
  readonly heads: number;
  readonly family: string;
  readonly style: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly runs: readonly Run[];
}
const { models, interpolation } = JSON.parse(
  readFileSync(new URL("../fixtures/dino.json", import.meta.url), "utf8"),
) as {
  readonly models: readonly Golden[];
  readonly interpolation: readonly { readonly from: number; readonly to: number; readonly matrix: readonly number[] }[];
};

const checkpoint = ({ shapes }: Golden): ReadonlyMap<string, StoredTensor> =>
  readSafetensors(
    writeSafetensors(
      new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, data: testValue({ name, shape }) }])),
    ),
  ).tensors;

async function outputs(
  device: "reference" | "cpu",
  golden: Golden,
  { input }: Run,
): Promise<Record<string, Float32Array>> {
  const { spec, tensors, ...found } = dinoWeights(checkpoint(golden), { facts: { heads: golden.heads } });
  expect(found).toEqual({ family: golden.family, style: golden.style });
  const encoder = createEncoder(spec.name, spec.options);
  const layout = flatLayout(encoder.params);
  const theta = pack(selectWeights(encoder.params, tensors), layout);
  const engine = await createEngine({ device });
  const program = await engine.compile(
    (given) => {
      const params = unflatten(given.theta, layout);
      const { embedding, probe } = encoder.forward(params, given.x, { training: false });
      const blocks = encoder.tokens?.read(params, given.x, 2) ?? [];
      const named = blocks.flatMap(({ classToken, patch }, i) => [
        ...(classToken === undefined ? [] : [[`token${2 * i}`, classToken] as const]),
        [`token${2 * i + 1}`, patch] as const,
      ]);
      const patches = tf.mean(encoder.tokens?.patches(params, given.x) as tf.Tensor, 1);
      return { embedding, probe, patches, ...Object.fromEntries(named) };
    },
    { theta: { shape: [layout.length] }, x: { shape: input } },
  );
  const out = await program.run({ theta, x: namedValues("x0", input) });
  const read: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(out)) {
    read[name] = Float32Array.from((await tensor.read()) as Float32Array);
    tensor.dispose();
  }
  await engine.dispose();
  return read;
}

describe.each(["reference", "cpu"] as const)("PyTorch on %s", (device) => {
  test.each(models.map((golden) => [golden.title, golden] as const))("%s", async (_, golden) => {
    for (const run of golden.runs) {
      const got = await outputs(device, golden, run);
      expectClose(got.embedding ?? [], run.embedding, "embedding", 2e-5);
      expectClose(got.probe ?? [], run.probe, "probe", 2e-5);
      // the mean of the single ones is the last block's mean patch
      expectClose(got["patches"] ?? [], run.tokens.at(-1) ?? [], "patches", 2e-5);
      for (const [i, values] of run.tokens.entries()) expectClose(got[`token${i}`] ?? [], values, `token ${i}`, 2e-5);
    }
  });
});

test.each(interpolation)("the plain matrix from $from to $to is PyTorch's bicubic", ({ from, to, matrix }) => {
  expectClose(plainBicubicMatrix(from, to), matrix, "matrix", 1e-6);
});

const first = models[0] as Golden;

test("heads are 64 wide unless told", () => {
  const wide = new Map(checkpoint(first));
  expect(dinoWeights(wide).spec.options.heads).toBe(1);
});

const refused = (where: unknown): unknown => expect.objectContaining({ code: "E_CHECKPOINT", where });

test("a file of another architecture is refused, and so is one that lacks a part", () => {
  const tensor: StoredTensor = { dtype: "F32", shape: [1], data: new Float32Array(1) };
  expect(() => dinoWeights(new Map([["conv1.weight", tensor]]))).toThrow(refused("weights"));
  const cut = new Map(checkpoint(first));
  cut.delete("encoder.layer.1.attention.attention.key.weight");
  expect(() => dinoWeights(cut, { where: "cut.safetensors" })).toThrow(refused("cut.safetensors"));
  const short = new Map(checkpoint(first));
  short.delete("encoder.layer.2.mlp.fc1.weight");
  const { spec, tensors } = dinoWeights(short, { facts: { heads: 2 } });
  expect(() => selectWeights(createEncoder(spec.name, spec.options).params, tensors)).toThrow(refused("weights"));
});
