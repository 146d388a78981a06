import { stream } from "@lejepa/contracts";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { findNearPairs, sketch, type Sketch } from "./duplicates-near.ts";

const size = 48;

// blobs at random places: structure at all scales, as in pictures
function picture(seed: number, channels = 1): Float64Array {
  const random = stream(seed, "picture");
  const blobs = Array.from({ length: 12 }, () => ({
    x: random.integer(size),
    y: random.integer(size),
    r: 3 + random.integer(12),
    v: random.integer(200) - 80,
  }));
  return Float64Array.from({ length: size * size * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const [px, py] = [pixel % size, Math.floor(pixel / size)];
    return blobs.reduce(
      (sum, { x, y, r, v }) => sum + v * Math.exp(-((px - x) ** 2 + (py - y) ** 2) / (2 * r * r)),
      90,
    );
  });
}

const form = { width: size, height: size, channels: 1 };

function half(pixels: Float64Array): Float64Array {
  const side = size / 2;
  return Float64Array.from({ length: side * side }, (_, i) => {
    const at = 2 * Math.floor(i / side) * size + 2 * (i % side);
    return ([at, at + 1, at + size, at + size + 1] as const).reduce((sum, k) => sum + (pixels[k] as number), 0) / 4;
  });
}

test("the same picture brightened, noisy, 16-bit, colour or halved is found; other pictures are not", () => {
  const originals = Array.from({ length: 40 }, (_, seed) => picture(seed));
  const first = originals[0] as Float64Array;
  const random = stream(1, "noise");
  const variants = [
    sketch(
      first.map((value) => 1.3 * value + 20),
      form,
    ),
    sketch(
      first.map((value) => Math.round(value + random.integer(9) - 4)),
      form,
    ),
    sketch(
      Uint16Array.from(first, (value) => Math.max(0, 200 * value)),
      form,
    ),
    sketch(picture(0, 3), { ...form, channels: 3 }),
    sketch(half(first), { width: size / 2, height: size / 2, channels: 1 }),
  ];
  const sketches = [...originals.map((pixels) => sketch(pixels, form)), ...variants];
  const pairs = findNearPairs(sketches);
  const family = [0, 40, 41, 42, 43, 44];
  for (const { first: a, second: b } of pairs) expect([family.includes(a), family.includes(b)]).toEqual([true, true]);
  expect(pairs).toHaveLength(15);
});

test("stops at as many pairs as are asked for", () => {
  const all = [picture(0), picture(0), picture(0)].map((pixels) => sketch(pixels, form));
  expect(findNearPairs(all)).toHaveLength(3);
  expect(findNearPairs(all, 2)).toHaveLength(2);
});

test("a constant image has no sketch and no pairs", () => {
  expect(sketch(new Uint8Array(size * size).fill(9), form)).toBeUndefined();
  expect(findNearPairs([undefined, undefined])).toEqual([]);
});

test("an image smaller than the sketch has one", () => {
  expect(sketch(Uint8Array.of(0, 9, 3, 4), { width: 2, height: 2, channels: 1 })).toBeDefined();
});

const hash = fc.tuple(fc.integer(), fc.integer());

property.prop([fc.array(hash, { maxLength: 30 }), fc.array(fc.tuple(fc.nat(29), fc.nat(63)), { maxLength: 60 })])(
  "the pairs are those of comparing each with each",
  (hashes, flips) => {
    const gray = new Float32Array(256).fill(1 / 16);
    const near = flips.flatMap(([i, bit]): [number, number][] => {
      const from = hashes[i];
      if (from === undefined) return [];
      return [bit < 32 ? [from[0] ^ (1 << bit), from[1]] : [from[0], from[1] ^ (1 << (bit - 32))]];
    });
    const sketches = [...hashes, ...near].map((bits): Sketch => ({ gray, hash: bits }));
    const found = new Set(findNearPairs(sketches).map(({ first, second }) => `${first} ${second}`));
    const ones = (bits: number): number => (bits >>> 0).toString(2).replaceAll("0", "").length;
    for (const [i, a] of sketches.entries())
      for (const [j, b] of sketches.entries()) {
        if (j <= i) continue;
        const distance = ones(a.hash[0] ^ b.hash[0]) + ones(a.hash[1] ^ b.hash[1]);
        expect(found.has(`${i} ${j}`)).toBe(distance <= 6);
      }
  },
);
