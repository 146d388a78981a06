// Wrong feeds and devices, errors of compilation, description and profile.
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { createEngine, type DeviceName } from "./index.ts";

const products = async (device: DeviceName = "cpu") => {
  const engine = await createEngine({ device, threads: 1 });
  const program = await engine.compile(
    ({ x, n }) => ({ y: tf.matMul(tf.relu(x as tf.Tensor2D), tf.cast(n as tf.Tensor2D, "float32")) }),
    {
      x: { shape: [4, 3] },
      n: { shape: [3, 5], dtype: "int32" },
    },
  );
  return { engine, program };
};

test("an unknown device is named with the nearest", async () => {
  await expect(createEngine({ device: "webgpo" as DeviceName })).rejects.toMatchObject({
    code: "E_DEVICE",
    exitCode: 2,
  });
  await expect(createEngine({ device: "webgpo" as DeviceName })).rejects.toThrow(/webgpu/);
});

test("wrong feeds are refused by the input's name", async () => {
  const { engine, program } = await products();
  const x = new Float32Array(12);
  const n = new Int32Array(15);
  await expect(program.run({ x })).rejects.toMatchObject({
    code: "E_SHAPE",
    where: expect.stringContaining("input n"),
  });
  await expect(program.run({ x: new Float32Array(11), n })).rejects.toMatchObject({ code: "E_SHAPE" });
  await expect(program.run({ x, n: new Float32Array(15) })).rejects.toMatchObject({ code: "E_DTYPE" });
  const narrow = await engine.tensor(new Float32Array(12), [3, 4]);
  await expect(program.run({ x: narrow, n })).rejects.toMatchObject({ code: "E_SHAPE" });
  narrow.dispose();
  const gone = await engine.tensor(x, [4, 3]);
  gone.dispose();
  await expect(program.run({ x: gone, n })).rejects.toThrow(/dispose/);
  await engine.dispose();
});

test("an update without an input of its shape is refused", async () => {
  const engine = await createEngine();
  const fn = ({ x }: { x: tf.Tensor }) => ({ x: tf.sum(x) });
  await expect(engine.compile(fn, { x: { shape: [2] } }, { updates: ["x"] })).rejects.toMatchObject({
    code: "E_SHAPE",
  });
  await expect(engine.compile(fn, { x: { shape: [2] } }, { updates: ["y"] })).rejects.toThrow(/updates: y/);
  await engine.dispose();
});

test("an op that is not there fails to compile, with its place and an alternative", async () => {
  const engine = await createEngine();
  const compiled = engine.compile(({ x }) => ({ y: tf.unique(x).values }), { x: { shape: [3] } });
  await expect(compiled).rejects.toMatchObject({ code: "E_OP_UNSUPPORTED" });
  await expect(compiled).rejects.toThrow(/Unique .*program\.test\.ts.*Work on the host/);
  await engine.dispose();
});

test("reading a value inside a compiled function is refused", async () => {
  const engine = await createEngine();
  const compiled = engine.compile(({ x }) => ({ y: tf.scalar(x.dataSync()[0] as number) }), { x: { shape: [3] } });
  await expect(compiled).rejects.toMatchObject({ code: "E_READ_SYNC" });
  await engine.dispose();
});

test("describe counts what a product costs", async () => {
  const { engine, program } = await products();
  const { byOp, flops, nodes } = program.describe();
  const gemm = byOp.find(({ op }) => op === "Gemm");
  expect(gemm).toMatchObject({ nodes: 1, flops: 2 * 4 * 3 * 5, activationBytes: 4 * 4 * 5 });
  expect(flops).toBeGreaterThanOrEqual(120);
  expect(nodes).toBe(byOp.reduce((sum, op) => sum + op.nodes, 0));
  await engine.dispose();
});

test("profile divides the time among operators", async () => {
  const { engine, program } = await products();
  const times = await program.profile({ x: new Float32Array(12), n: new Int32Array(15) });
  expect(times.length).toBeGreaterThan(0);
  expect(times.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 5);
  expect(times.map(({ milliseconds }) => milliseconds)).toEqual(
    times.map(({ milliseconds }) => milliseconds).sort((a, b) => b - a),
  );
  await engine.dispose();
});
