import * as fc from "fast-check";
import { expect, test } from "vitest";
import { percentiles, shadeOf } from "./window.ts";

const near = (value: number): unknown => expect.closeTo(value, 12);

test("the standard's example: 2048 and 4096 show 12 bits from black to white", () => {
  const shade = shadeOf({ centre: 2048, width: 4096, shape: "linear" });
  expect([-1, 0, 1, 4094, 4095, 4096].map(shade)).toEqual([0, 0, near(1 / 4095), near(4094 / 4095), 1, 1]);
});

test("width 1 is a threshold at the centre less a half", () => {
  const shade = shadeOf({ centre: 100, width: 1, shape: "linear" });
  expect([99, 99.5, 99.6, 100].map(shade)).toEqual([0, 0, 1, 1]);
});

test("linear-exact reaches the ends of the width; the sigmoid is half at the centre", () => {
  const exact = shadeOf({ centre: 0, width: 100, shape: "linear-exact" });
  expect([-50, -25, 0, 25, 50, 51].map(exact)).toEqual([0, 0.25, 0.5, 0.75, 1, 1]);
  const sigmoid = shadeOf({ centre: 10, width: 20, shape: "sigmoid" });
  expect([10, 15, 5].map(sigmoid)).toEqual([0.5, near(1 / (1 + Math.exp(-1))), near(1 - 1 / (1 + Math.exp(-1)))]);
});

test("every window is between black and white and never falls", () => {
  const number = fc.double({ min: -5000, max: 5000, noNaN: true });
  const window = fc.record({
    centre: number,
    width: fc.double({ min: 1, max: 5000, noNaN: true }),
    shape: fc.constantFrom("linear" as const, "linear-exact" as const, "sigmoid" as const),
  });
  fc.assert(
    fc.property(window, number, number, (chosen, a, b) => {
      const shade = shadeOf(chosen);
      const [low, high] = [shade(Math.min(a, b)), shade(Math.max(a, b))];
      expect(low >= 0 && low <= high && high <= 1).toBe(true);
    }),
  );
});

test("percentiles are those of sorting, over valid values", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -30_000, max: 30_000 }), { minLength: 1, maxLength: 200 }), (list) => {
      const sorted = [...list].sort((a, b) => a - b);
      const at = (share: number): number => sorted[Math.round(share * (list.length - 1))] as number;
      // what is masked must not count
      const values = Float64Array.from([...list, 99_999]);
      const mask = Uint8Array.from([...list.map(() => 1), 0]);
      const [low, high] = percentiles({ values, mask }, [0.01, 0.99]);
      expect(Math.abs(low - at(0.01))).toBeLessThan(1);
      expect(Math.abs(high - at(0.99))).toBeLessThan(1);
    }),
  );
  expect(percentiles({ values: Float64Array.of(Number.NaN, 3), mask: Uint8Array.of(1, 0) }, [0, 1])).toEqual([0, 0]);
});
