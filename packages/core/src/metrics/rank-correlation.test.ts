// Against scipy (tools/goldens/core_metrics.py) and properties.
import fc from "fast-check";
import { expect, test } from "vitest";
import { fixture } from "../_golden.test-helper.ts";
import { spearman } from "./rank-correlation.ts";

interface Golden {
  spearman: { a: number[]; b: number[]; rho: number; exact: number | null; t: number; interval: [number, number] }[];
}
const { spearman: cases } = fixture<Golden>("metrics");

test.each(cases)("scipy's rho, p and interval for $a.length pairs", ({ a, b, rho, exact, t, interval }) => {
  const found = spearman(a, b);
  expect(found.rho).toBeCloseTo(rho, 12);
  expect(found.method).toBe(exact === null ? "t" : "permutation");
  expect(found.pValue).toBeCloseTo(exact ?? t, 9);
  expect(found.n).toBe(a.length);
  const rounded = (ends: readonly number[] | null) => ends?.map((end) => end.toFixed(5));
  expect(rounded(found.interval)).toEqual(rounded(a.length < 5 ? null : interval));
});

test("does not change under monotone maps, and changes sign under reversal", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 7 }), (a) => {
      const b = a.map((_, i) => (i * 11) % a.length);
      const { rho } = spearman(a, b);
      expect(spearman(a.map(Math.exp), b).rho).toBeCloseTo(rho, 12);
      const reversed = a.map((v) => -v);
      expect(spearman(reversed, b).rho).toBeCloseTo(-rho, 12);
      expect(spearman(a, reversed)).toMatchObject({ rho: -1, interval: null });
    }),
  );
});

test("a constant has no rank correlation; wrong lists are refused", () => {
  expect(spearman([1, 2, 3], [4, 4, 4])).toMatchObject({ rho: Number.NaN, pValue: Number.NaN });
  expect(() => spearman([1, 2], [1, 2])).toThrow(/3 or more/);
  expect(() => spearman([1, 2, 3], [1, 2])).toThrow(/3 and 2/);
  expect(() => spearman([1, 2, Number.NaN], [1, 2, 3])).toThrow(/finite/);
});
