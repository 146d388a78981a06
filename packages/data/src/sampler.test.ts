import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSampler, epochOrder } from "./sampler.ts";

const rows = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, i) => 3 * i + 1);

test("an epoch sees every row at most once, and all but the last incomplete batch", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 20 }),
      fc.nat(99),
      (count, batchSize, seed) => {
        fc.pre(count >= batchSize);
        const sampler = createSampler(rows(count), { batchSize, seed });
        expect(sampler.stepsPerEpoch).toBe(Math.floor(count / batchSize));
        for (const epoch of [0, 3]) {
          const first = epoch * sampler.stepsPerEpoch;
          const seen = Array.from({ length: sampler.stepsPerEpoch }, (_, i) => [...sampler.batch(first + i)]).flat();
          expect(new Set(seen).size).toBe(sampler.stepsPerEpoch * batchSize);
          expect(seen.every((row) => rows(count).includes(row))).toBe(true);
          expect(sampler.epochOf(first)).toBe(epoch);
          expect(sampler.epochOf(first + sampler.stepsPerEpoch - 1)).toBe(epoch);
        }
      },
    ),
  );
});

test("a batch depends on seed and step alone: any order of asking, any sampler", () => {
  const a = createSampler(rows(50), { batchSize: 8, seed: 5 });
  const b = createSampler(rows(50), { batchSize: 8, seed: 5 });
  const forward = [0, 1, 2, 7, 8, 40].map((step) => [...a.batch(step)]);
  const backward = [40, 8, 7, 2, 1, 0].map((step) => [...b.batch(step)]);
  expect(backward.reverse()).toEqual(forward);
  expect([...createSampler(rows(50), { batchSize: 8, seed: 6 }).batch(0)]).not.toEqual(forward[0]);
});

test("epochs differ", () => {
  const orders = [0, 1, 2].map((epoch) => epochOrder(rows(30), 1, epoch).join());
  expect(new Set(orders).size).toBe(3);
});

test("fewer images than a batch is one clear error", () => {
  expect(() => createSampler(rows(31), { batchSize: 32, seed: 0 })).toThrow(
    "training images: expected at least one batch (batchSize 32), got 31 images. Lower batchSize, lower data.splits.validation, or add images.",
  );
  expect(() => createSampler(rows(1), { batchSize: 2, seed: 0 })).toThrow("got 1 image.");
});
