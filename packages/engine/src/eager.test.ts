import * as tf from "@tensorflow/tfjs";
import { InferenceSession } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { registerOnnxBackend } from "./index.ts";

let previous = "";

beforeAll(async () => {
  tf.enableProdMode();
  await tf.ready();
  previous = tf.getBackend();
  registerOnnxBackend();
  await tf.setBackend("onnx");
});

afterAll(() => tf.setBackend(previous));

test("ordinary tfjs code runs when data are awaited", async () => {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const y = tf.matMul(x, tf.add(x, 1));
  expect([...(await y.data())]).toEqual([10, 13, 22, 29]);
  expect([...(await tf.sum(y).data())]).toEqual([74]);
});

test("the same ops on other values of the same shapes build no second session", async () => {
  const create = vi.spyOn(InferenceSession, "create");
  try {
    const run = async (values: number[], shape: [number, number]): Promise<number[]> => {
      const x = tf.tensor2d(values, shape);
      return [...(await tf.sum(tf.mul(tf.tanh(x), tf.add(x, 3)), 1).data())];
    };
    const expected = (a: number, b: number): number => Math.tanh(a) * (a + 3) + Math.tanh(b) * (b + 3);
    const first = await run([1, 2], [1, 2]);
    expect(create).toHaveBeenCalledTimes(1);
    const second = await run([-1, 0.5], [1, 2]);
    expect(create).toHaveBeenCalledTimes(1);
    expect(first[0]).toBeCloseTo(expected(1, 2), 5);
    expect(second[0]).toBeCloseTo(expected(-1, 0.5), 5);
    await run([1, 2], [2, 1]);
    expect(create).toHaveBeenCalledTimes(2);
  } finally {
    create.mockRestore();
  }
});

test("operands that do not fit are refused where the op is called", () => {
  const [a, b] = [tf.ones([2, 3]), tf.ones([2, 4])];
  expect(() => tf.add(a, b)).toThrow(
    /op Add \(called at .*eager\.test\.ts.*shapes that broadcast, got \[2,3\] and \[2,4\]/,
  );
  expect(() => tf.matMul(a, b)).toThrow(/[Ii]nner/);
});

test("tfjs can put the backend away and take it out again", async () => {
  const x = tf.tensor1d([1, 2]);
  tf.removeBackend("onnx");
  await tf.setBackend("cpu");
  const backend = registerOnnxBackend();
  tf.registerBackend("onnx", () => backend, 0);
  await tf.setBackend("onnx");
  expect([...(await tf.add(tf.tensor1d([1, 2]), 1).data())]).toEqual([2, 3]);
  x.dispose();
});

test("a synchronous read refuses with a hint", () => {
  const y = tf.square(tf.tensor1d([1, 2]));
  expect(() => y.dataSync()).toThrow(/await tensor\.data\(\)/);
});

test("an op that is not there is named with its place and an alternative", () => {
  expect(() => tf.unique(tf.tensor1d([1, 1, 2]))).toThrow(/Unique .*eager\.test\.ts.*Work on the host/);
});

test("variables train in an eager loop without leaking tensors", async () => {
  const w = tf.variable(tf.tensor1d([5, -3]));
  const optimizer = tf.train.sgd(0.1);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 20; i++) {
    const cost = optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, true) as tf.Scalar;
    await cost.data();
    cost.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
  const values = await w.data();
  expect(values[0]).toBeCloseTo(5 * 0.8 ** 20, 5);
  w.dispose();
});

test("tfjs's adam takes the same steps as on tfjs's own backend", async () => {
  const paths: number[][] = [];
  for (const backend of ["onnx", "cpu"]) {
    await tf.setBackend(backend);
    const w = tf.variable(tf.tensor1d([2, -1]));
    const optimizer = tf.train.adam(0.1);
    for (let i = 0; i < 5; i++) {
      optimizer.minimize(() => tf.sum(tf.square(tf.sub(w, 1))) as tf.Scalar);
      await w.data();
    }
    paths.push([...(await w.data())]);
    optimizer.dispose();
    w.dispose();
  }
  await tf.setBackend("onnx");
  const [onnx = [], cpu = []] = paths;
  for (const [i, value] of cpu.entries()) expect(onnx[i]).toBeCloseTo(value, 5);
});
