import { stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { drawNoise, noisePlanes } from "./noise.ts";
import type { Fields } from "./operation.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  tf.enableProdMode();
});

function planesOf(seeds: readonly number[]): number[][] {
  const drawn = seeds.map((seed) => drawNoise(stream(seed, "test")));
  const fields = {
    count: seeds.length,
    flat: (name: string) => tf.tensor1d(drawn.map((one) => one[name] as number)),
  } as Fields;
  return tf.tidy(() => {
    const noise = noisePlanes(fields, { channels: 3, size: 32 });
    return noise.transpose([1, 0, 2, 3]).reshape([seeds.length, -1]).arraySync() as number[][];
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test("is standard normal, white, and different from view to view", () => {
  const views = planesOf([1, 2, 3, 4]);
  const products = (a: readonly number[], b: readonly number[]): number => mean(a.map((v, i) => v * (b[i] ?? 0)));
  for (const [i, view] of views.entries()) {
    // five standard errors over 3072 values
    expect(Math.abs(mean(view))).toBeLessThan(5 / Math.sqrt(3072));
    expect(Math.abs(products(view, view) - 1)).toBeLessThan(5 * Math.sqrt(2 / 3072));
    for (const lag of [1, 32, 1024]) expect(Math.abs(products(view.slice(lag), view))).toBeLessThan(0.1);
    for (const other of views.slice(i + 1)) expect(Math.abs(products(view, other))).toBeLessThan(0.1);
  }
  expect(planesOf([3])[0]).toEqual(views[2]);
});
