import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { createEngine } from "../index.ts";

// 2400 rows split evenly, 2401 = 7^4 do not into an even number of chunks
test.each([2400, 2401, 8320])("a product of %i rows is the same in chunks", async (rows) => {
  const engine = await createEngine({ device: "cpu" });
  const program = await engine.compile(
    ({ x, w, b }) => ({ y: tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b) }),
    { x: { shape: [rows, 3] }, w: { shape: [5, 3] }, b: { shape: [5] } },
  );
  const x = Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(i));
  const w = Float32Array.from({ length: 15 }, (_, i) => Math.cos(i));
  const b = Float32Array.of(1, 2, 3, 4, 5);
  const { y } = await program.run({ x, w, b });
  const values = Array.from((await y?.read()) ?? []);
  const at = (m: number, n: number): number =>
    [0, 1, 2].reduce((s, k) => s + (x[m * 3 + k] ?? 0) * (w[n * 3 + k] ?? 0), b[n] ?? 0);
  const worst = values.reduce((max, v, i) => Math.max(max, Math.abs(v - at(Math.floor(i / 5), i % 5))), 0);
  expect(worst).toBeLessThan(1e-5);
  y?.dispose();
  await engine.dispose();
});
