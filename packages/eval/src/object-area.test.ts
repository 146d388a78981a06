import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { cropsMiss, leastCropArea, medianObjectArea, objectArea } from "./object-area.ts";

const size = 64;

function disc(radius: number, { noise = 0, channels = 1 }: { noise?: number; channels?: number } = {}): Float32Array {
  const random = stream(1, "disc").fillNormal(new Float32Array(size * size * channels));
  return random.map((value, i) => {
    const pixel = Math.floor(i / channels);
    const inside = Math.hypot((pixel % size) - 31.5, Math.floor(pixel / size) - 31.5) < radius;
    return 10 + noise * value + (inside ? 100 : 0);
  });
}

test("a disc's area, with noise and several channels", () => {
  const form = { height: size, width: size, channels: 1 };
  for (const radius of [6, 12, 25]) {
    const expected = (Math.PI * radius ** 2) / size ** 2;
    expect(Math.abs((objectArea(disc(radius), form) ?? 0) - expected)).toBeLessThan(0.01);
    expect(Math.abs((objectArea(disc(radius, { noise: 5 }), form) ?? 0) - expected)).toBeLessThan(0.01);
    const three = { ...form, channels: 3 };
    expect(Math.abs((objectArea(disc(radius, { noise: 5, channels: 3 }), three) ?? 0) - expected)).toBeLessThan(0.01);
  }
});

test("no object: a plain image, an object that fills the frame, a texture", () => {
  const form = { height: size, width: size, channels: 1 };
  expect(objectArea(disc(0), form)).toBeUndefined();
  expect(objectArea(disc(0, { noise: 5 }), form)).toBeUndefined();
  expect(objectArea(disc(38), form)).toBeUndefined();
  const stripes = Float32Array.from({ length: size * size }, (_, i) => (Math.floor(i / 3) % 2) * 100);
  expect(objectArea(stripes, form)).toBeUndefined();
});

test("of a store: the median, where most images have an object", () => {
  const images = [disc(6), disc(12), disc(25), disc(0)];
  const store = {
    height: size,
    width: size,
    channels: 1,
    read: ([row = 0]: ArrayLike<number> & Iterable<number>) => images[row] as Float32Array,
  };
  const source = store as unknown as Parameters<typeof medianObjectArea>[0];
  expect(medianObjectArea(source, [0, 1, 2, 3])).toBeCloseTo((Math.PI * 144) / 4096, 2);
  expect(medianObjectArea(source, [0, 3, 3])).toBeUndefined();
  expect(medianObjectArea(source, [])).toBeUndefined();
});

test("the least crop reaches a quarter into the object from any corner", () => {
  for (const area of [0.01, 0.1, 0.5, 1]) {
    const [crop, object] = [Math.sqrt(leastCropArea(area)), Math.sqrt(area)];
    expect(crop - (1 - object) / 2).toBeCloseTo(object / 4, 12);
  }
});

test("small crops miss small objects", () => {
  expect(cropsMiss(0.04, 0.05)).toBe(true);
  expect(cropsMiss(0.04, 0.2)).toBe(false);
  expect(cropsMiss(0.5, 0.05)).toBe(false);
});
