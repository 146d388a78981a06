import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
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
