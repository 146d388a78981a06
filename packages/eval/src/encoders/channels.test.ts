import { test as property, fc } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { memoryStore, rowRange } from "../_store.test-helper.ts";
import { type ChannelMap, channelMap, parseChannelPolicy, type TrainingImages } from "./channels.ts";
import { adaptPatches } from "./frozen-encoder.ts";

const statistics = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.5] };

function imagesOf(channels: number, value: (pixel: number, channel: number) => number): TrainingImages {
  const [count, size] = [20, 4];
  const pixels = Float32Array.from({ length: count * size * size * channels }, (_, i) =>
    value(Math.floor(i / channels), i % channels),
  );
  const store = memoryStore({ count, size, channels, pixels });
  return { store, rows: rowRange(0, count), range: [0, 1] };
}

const apply = ({ weights, offset }: ChannelMap, pixel: readonly number[]): number[] =>
  weights.map((row, k) => row.reduce((sum, w, c) => sum + w * (pixel[c] as number), offset[k] as number));

const gray = imagesOf(1, (pixel) => (pixel % 10) / 10);
const bands = imagesOf(5, (pixel, channel) => 0.5 + 0.05 * (channel + 1) * Math.sin(pixel * (1 + channel)));

test("equal channels stay, one is replicated, both normalised as the encoder was", () => {
  const same = channelMap(statistics, { images: imagesOf(3, () => 0.5), name: "x" });
  const expected = [(0.9 - 0.5) / 0.2, (0.1 - 0.4) / 0.25, (0.3 - 0.3) / 0.5];
  for (const [k, value] of apply(same, [0.9, 0.1, 0.3]).entries()) expect(value).toBeCloseTo(expected[k] as number, 12);
  const replicated = channelMap(statistics, { images: gray, name: "x" });
  expect(replicated.note).toBe("channels: 1 replicated to 3");
  expect(apply(replicated, [0.5])[0]).toBeCloseTo(0, 12);
});

test("bands are chosen in order", () => {
  const map = channelMap(statistics, { images: bands, policy: { bands: [4, 0, 2] }, name: "x" });
  expect(apply(map, [0.4, 9, 0.3, 9, 0.5]).map((v) => Math.abs(v) < 1e-12)).toEqual([true, true, true]);
  expect(map.note).toBe("channels: bands 4, 0, 2 of 5");
});

test("principal components have mean 0, variance 1 and no correlation over the training pixels", () => {
  const map = channelMap(statistics, { images: bands, policy: "pca", name: "x" });
  const pixels = bands.store.read(bands.rows);
  const seen = Array.from({ length: pixels.length / 5 }, (_, i) => apply(map, [...pixels.subarray(5 * i, 5 * i + 5)]));
  for (let a = 0; a < 3; a++) {
    expect(seen.reduce((sum, v) => sum + (v[a] as number), 0) / seen.length).toBeCloseTo(0, 6);
    for (let b = 0; b <= a; b++) {
      const product = seen.reduce((sum, v) => sum + (v[a] as number) * (v[b] as number), 0) / seen.length;
      expect(product).toBeCloseTo(a === b ? 1 : 0, 4);
    }
  }
  expect(map.note).toMatch(/first 3 principal components of 5 \(\d+ % of the variance\)/);
});

test("the adapted patch embedding takes standardised channels", () => {
  const map = channelMap(statistics, { images: bands, policy: "patch", name: "x" });
  expect(map).toMatchObject({ adaptsPatches: true, weights: { length: 5 } });
});

property.prop([fc.integer({ min: 1, max: 6 }), fc.float({ min: -2, max: 2, noNaN: true })])(
  "an image that is the same in all channels gives the same through the adapted patches",
  (to, value) => {
    const trained = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => Math.sin(i));
    const response = (weights: Float32Array, channels: number, d: number): number =>
      weights.subarray(d * channels * 4, (d + 1) * channels * 4).reduce((sum, w) => sum + w * value, 0);
    const made = adaptPatches(trained, { from: 3, to, dim: 2 });
    for (const d of [0, 1]) expect(response(made, to, d)).toBeCloseTo(response(trained, 3, d), 4);
  },
);

test.each([
  [bands, undefined, /expected a choice how 5 channels become the encoder's 3, got none.*bands:0,1,2/],
  [bands, "replicate", /images of one channel to replicate, got 5/],
  [bands, { bands: [0, 1, 5] }, /3 bands out of 0 to 4, got 0,1,5/],
  [bands, { bands: [0, 1] }, /3 bands/],
  [gray, "pca", /at least 3 channels for pca, got 1/],
] as const)("refuses what does not fit", (images, policy, message) => {
  expect(() => channelMap(statistics, { images, policy, name: "x" })).toThrow(message);
});

test("policies are read from text", () => {
  expect(parseChannelPolicy("bands:3,2,1")).toEqual({ bands: [3, 2, 1] });
  expect(parseChannelPolicy("pca")).toBe("pca");
  expect(() => parseChannelPolicy("bands:a")).toThrow(/E_USAGE|expected replicate, pca, patch/);
});
