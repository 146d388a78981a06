import fc from "fast-check";
import { expect, test } from "vitest";
import { sigregDirections } from "./directions.ts";

const shape = fc.record({
  dim: fc.integer({ min: 1, max: 40 }),
  slices: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
  step: fc.nat(),
});

test("columns are unit vectors", () => {
  fc.assert(
    fc.property(shape, ({ dim, slices, seed, step }) => {
      const a = sigregDirections(dim, slices, seed, step);
      for (let m = 0; m < slices; m++) {
        let square = 0;
        for (let d = 0; d < dim; d++) square += a[d * slices + m]! ** 2;
        expect(square).toBeCloseTo(1, 5);
      }
    }),
  );
});

test("equal for equal seed and step, different otherwise", () => {
  fc.assert(
    fc.property(shape, ({ dim, slices, seed, step }) => {
      fc.pre(dim > 1);
      const a = sigregDirections(dim, slices, seed, step);
      expect(sigregDirections(dim, slices, seed, step)).toEqual(a);
      expect(sigregDirections(dim, slices, seed + 1, step)).not.toEqual(a);
      expect(sigregDirections(dim, slices, seed, step + 1)).not.toEqual(a);
    }),
  );
});

test("uniform on the sphere: mean 0, second moment I / dim", () => {
  const [dim, slices] = [3, 20_000];
  const a = sigregDirections(dim, slices, 1, 2);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let m = 0; m < slices; m++) product += a[i * slices + m]! * a[j * slices + m]!;
      expect(product / slices).toBeCloseTo(i === j ? 1 / dim : 0, 1.7);
    }
  }
});

test("wrong counts are refused", () => {
  expect(() => sigregDirections(0, 4, 0, 0)).toThrow(/expected dim as a positive integer, got 0/);
  expect(() => sigregDirections(4, 2.5, 0, 0)).toThrow(/expected slices as a positive integer, got 2.5/);
});
