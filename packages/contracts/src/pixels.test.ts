import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { caught } from "./_caught.test-helper.ts";
import type { ImageRecord } from "./dataset.ts";
import { type Fit, fitSquare } from "./pixels.ts";

interface Golden {
  readonly fit: Fit;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly pixels: readonly number[];
}

const fixture = JSON.parse(readFileSync(new URL("../fixtures/resize.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Golden[];
};

const pixel = (i: number): number => ((i * i * 31 + i * 7) % 251) - 60;

/** An image of one or more equal channels. */
function image(width: number, height: number, changes: Partial<ImageRecord> = {}): ImageRecord {
  const { channels = 1 } = changes;
  const data = Float32Array.from({ length: width * height * channels }, (_, i) => pixel(Math.floor(i / channels)));
  return { data, width, height, channels, dtype: "float32", ...changes };
}

const gap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));

test.each(fixture.cases.map((one) => [`${one.fit} ${one.width} x ${one.height} to ${one.size}`, one] as const))(
  "equals Pillow's BILINEAR: %s",
  (_, { fit, width, height, size, pixels }) => {
    const out = fitSquare(image(width, height), { size, fit });
    expect(out).toMatchObject({ width: size, height: size, channels: 1, dtype: "float32" });
    expect(out.mask).toBeUndefined();
    // float32 in Pillow, and four digits in the fixture
    expect(gap(out.data, pixels)).toBeLessThan(2e-4);
  },
);

test("an image that fits is the same object", () => {
  const record = image(6, 6);
  expect(fitSquare(record, { size: 6, fit: "crop" })).toBe(record);
});

test("channels are resized apart", () => {
  const data = Float32Array.from({ length: 9 * 5 * 3 }, (_, i) => pixel(Math.floor(i / 3)) * (1 + (i % 3)));
  const out = fitSquare(image(9, 5, { data, channels: 3 }), { size: 4, fit: "squash" });
  const one = fitSquare(image(9, 5), { size: 4, fit: "squash" });
  for (const c of [0, 1, 2]) {
    const plane = out.data.filter((_, i) => i % 3 === c);
    expect(
      gap(
        plane,
        one.data.map((value) => value * (1 + c)),
      ),
    ).toBeLessThan(1e-4);
  }
});

test.each(["uint8", "uint16", "int16"] as const)("%s: rounded, never beyond the values of the image", (dtype) => {
  const arrays = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array };
  const [low, high] = { uint8: [0, 255], uint16: [0, 65_535], int16: [-32_768, 32_767] }[dtype] as [number, number];
  const data = new arrays[dtype](63).map((__, i) => (i % 3 === 0 ? low : high));
  const out = fitSquare(image(9, 7, { data, dtype }), { size: 4, fit: "squash" });
  const exact = fitSquare(image(9, 7, { data: Float32Array.from(data) }), { size: 4, fit: "squash" });
  expect(out.data.constructor).toBe(arrays[dtype]);
  expect(gap(out.data, exact.data)).toBeLessThanOrEqual(0.5 + 1e-2);
});

test("pad: bars are invalid and hold the mean, the image keeps its aspect", () => {
  const out = fitSquare(image(8, 4), { size: 8, fit: "pad" });
  const mask = Array.from({ length: 64 }, (_, i) => Number(i >= 16 && i < 48));
  expect([...(out.mask as Uint8Array)]).toEqual(mask);
  expect(gap(out.data.subarray(16, 48), image(8, 4).data)).toBeLessThan(1e-4);
  const mean = Array.from(image(8, 4).data).reduce((sum, value) => sum + value, 0) / 32;
  expect(out.data[0]).toBeCloseTo(mean, 3);
  expect(fitSquare(image(5, 5), { size: 3, fit: "pad" }).mask).toBeUndefined();
});

test("spacing is scaled along each axis, everything else is kept", () => {
  const record = image(20, 10, { spacing: [0.5, 0.25], note: "kept" });
  expect(fitSquare(record, { size: 5, fit: "squash" })).toMatchObject({ spacing: [1, 1], note: "kept" });
  expect(fitSquare(record, { size: 5, fit: "crop" }).spacing).toEqual([1, 0.5]);
  expect(fitSquare(record, { size: 5, fit: "pad" }).spacing).toEqual([2, 1]);
});

const shapes = fc.record({
  width: fc.integer({ min: 1, max: 12 }),
  height: fc.integer({ min: 1, max: 12 }),
  size: fc.integer({ min: 1, max: 9 }),
  fit: fc.constantFrom<Fit>("crop", "squash", "pad"),
  seed: fc.infiniteStream(fc.boolean()),
});

test("invalid pixels never show, whatever they hold", () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom(1e30, Number.NaN, -1e30), ({ width, height, size, fit, seed }, junk) => {
      const mask = Uint8Array.from({ length: width * height }, () => Number(seed.next().value));
      const clean = image(width, height, { mask });
      const dirty = { ...clean, data: clean.data.map((value, i) => (mask[i] === 1 ? value : junk)) as Float32Array };
      const [a, b] = [fitSquare(clean, { size, fit }), fitSquare(dirty, { size, fit })];
      expect(b).toEqual(a);
      expect(a.data.every(Number.isFinite)).toBe(true);
      expect([...(a.mask ?? [])].every((bit) => bit === 0 || bit === 1)).toBe(true);
    }),
  );
});

test("a mask of ones changes nothing and goes; one of zeros leaves zeros", () => {
  fc.assert(
    fc.property(shapes, ({ width, height, size, fit }) => {
      const plain = fitSquare(image(width, height), { size, fit });
      const ones = fitSquare(image(width, height, { mask: new Uint8Array(width * height).fill(1) }), { size, fit });
      expect(ones.mask).toEqual(plain.mask);
      expect(gap(ones.data, plain.data)).toBeLessThan(1e-4);
      const none = fitSquare(image(width, height, { mask: new Uint8Array(width * height) }), { size, fit });
      expect(none.mask?.includes(1)).toBe(false);
      expect(none.data.every((value) => value === 0)).toBe(true);
    }),
  );
});

test("what has no value between its neighbours keeps to them", () => {
  fc.assert(
    fc.property(shapes, ({ width, height, size, fit }) => {
      const { data } = fitSquare(image(width, height), { size, fit });
      const all = image(width, height).data;
      expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...all) - 1e-3);
      expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...all) + 1e-3);
    }),
  );
});

test("sizes that do not fit the record are refused", () => {
  expect(caught(() => fitSquare(image(4, 4, { width: 5 }), { size: 2, fit: "crop" }))).toMatchObject({
    code: "E_SHAPE",
    message: "fitSquare: expected 4 x 5 x 1 values, got 16.",
  });
  const mask = new Uint8Array(3);
  expect(caught(() => fitSquare(image(4, 4, { mask }), { size: 2, fit: "crop" })).message).toBe(
    "fitSquare: expected 4 x 4 x 1 values and 16 in the mask, got 16 and 3.",
  );
});
