import { test as property, fc } from "@fast-check/vitest";
import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { matrix } from "./matrix.ts";
import { auroc, gridMeans, separability } from "./separability.ts";

property.prop([
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
])("the area is the share of pairs in the right order", (positive, negative) => {
  const pairs = positive.flatMap((p) => negative.map((n): number => (p > n ? 1 : p === n ? 0.5 : 0)));
  expect(auroc(positive, negative)).toBeCloseTo(pairs.reduce((a, b) => a + b, 0) / pairs.length, 12);
});

// 0.35 beats one, 0.8 two, 0.4 one and ties with one: 4.5 of 6
test("ties count by half", () => {
  expect(auroc([0.35, 0.8, 0.4], [0.1, 0.4])).toBeCloseTo(0.75, 12);
});

// views of an image: its own direction, and noise
function views(
  noise: number,
  { images = 20, count = 3, columns = 30 } = {},
): { vectors: ReturnType<typeof matrix>; images: number } {
  const own = stream(1, "own").fillNormal(new Float32Array(images * columns));
  const random = stream(2, "noise", Math.round(10 * noise)).fillNormal(new Float32Array(count * images * columns));
  const data = random.map((value, i) => 5 + noise * value + (own[i % own.length] as number));
  return { vectors: matrix(data, count * images, columns), images };
}

test("alike views are told from others without error, unrelated ones by chance", () => {
  const alike = separability(views(0.1));
  expect(alike.auroc.mean).toBe(1);
  expect(alike.same.median).toBeGreaterThan(0.9);
  expect(Math.abs(alike.different.median)).toBeLessThan(0.2);
  const unrelated = separability(views(100));
  expect(Math.abs(unrelated.auroc.mean - 0.5)).toBeLessThan(4 * (unrelated.auroc.halfWidth ?? 0));
  expect(unrelated.auroc.values).toHaveLength(20);
  const between = separability(views(0.1), views(0.2, { count: 2 }));
  expect(between.auroc.mean).toBe(1);
});

test("refuses a single image, a single view, other lengths", () => {
  expect(() => separability(views(1, { images: 1 }))).toThrow(
    "separability: expected two views of each of at least 2 images",
  );
  expect(() => separability(views(1, { count: 1 }))).toThrow("two views");
  expect(() => separability(views(1), views(1, { columns: 29 }))).toThrow("of one length");
});

test("means over cells, channel by channel, also where cells differ in size", () => {
  const pixels = Float32Array.from({ length: 2 * 9 }, (_, i) => i);
  const { data, rows, columns } = gridMeans(pixels, { channels: 2, size: 3, grid: 2 });
  // cells of 2 and 1 pixels: rows 0 and 1 against row 2
  expect([rows, columns]).toEqual([1, 8]);
  expect([...data]).toEqual([2, 3.5, 6.5, 8, 11, 12.5, 15.5, 17]);
});
