import { parseConfig as parse, type ResolvedConfig, withImages } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { viewSignature } from "./parameters.ts";
import { resolveViews } from "./resolve.ts";

const dataset = { id: "folder", options: {} };
const parseConfig = (input: object, source: string): ResolvedConfig => {
  const config = parse(input, source);
  return withImages(config, { channels: config.data.channels ?? 3 });
};
const rgb = {
  height: 64,
  width: 64,
  channels: 3,
  dtype: "uint8",
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
} as const;
const gray = { ...rgb, channels: 1, mean: [0.5], std: [0.2] } as const;

test("the default configuration: the paper's views, every operation of it", () => {
  const spec = resolveViews(parseConfig({ dataset }, "test"), rgb);
  const operations = {
    horizontalFlip: { probability: 0.5 },
    colorJitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
    grayscale: { probability: 0.2 },
    gaussianBlur: { probability: 0.5, sigma: [0.1, 2] },
    solarize: { probability: 0.2, threshold: 0.5 },
  };
  const ratio = [3 / 4, 4 / 3];
  expect(spec).toEqual({
    image: { height: 64, width: 64, channels: 3, dtype: "uint8", range: [0, 255] },
    mean: rgb.mean,
    std: rgb.std,
    interpolation: "bilinear",
    border: "reflect",
    groups: [
      { name: "global", views: 2, size: 64, scale: [0.3, 1], ratio, operations },
      { name: "local", views: 6, size: 24, scale: [0.05, 0.3], ratio, operations },
    ],
  });
});

test("what can change nothing is left out of the graph", () => {
  const off = {
    horizontalFlip: { probability: 0 },
    colorJitter: { brightness: 0, contrast: 0, saturation: 0, hue: 0 },
    grayscale: { probability: 0 },
    gaussianBlur: { probability: 0 },
    solarize: { probability: 0 },
  };
  const spec = resolveViews(parseConfig({ dataset, augment: off, views: { locals: 0 } }, "test"), rgb);
  expect(spec.groups.map((group) => [group.name, Object.keys(group.operations)])).toEqual([
    ["global", ["colorJitter"]],
  ]);
  expect(viewSignature(spec, 3)).toEqual({ "views.global": { shape: [6, 6], dtype: "float32" } });
});

test("masks and dates of places are used where the images have them", () => {
  const config = parseConfig({ dataset, augment: { policy: "satellite-optical" }, views: { leastValid: 0.8 } }, "test");
  const plain = resolveViews(config, rgb);
  expect([plain.leastValid, plain.image.masked, plain.image.paired]).toEqual([undefined, undefined, undefined]);
  expect(plain.groups[0]?.operations).not.toHaveProperty("seasonalPair");
  const full = resolveViews(config, { ...rgb, masked: true, paired: true });
  expect([full.leastValid, full.image.masked, full.image.paired]).toEqual([0.8, true, true]);
  expect(full.groups[0]?.operations.seasonalPair).toEqual({ probability: 0.5 });
  const mask = { shape: [3, 64, 64], dtype: "uint8" };
  expect(viewSignature(full, 3)).toMatchObject({
    masks: mask,
    partners: { shape: [3, 64, 64, 3], dtype: "uint8" },
    partnerMasks: mask,
  });
  const off = parseConfig({ dataset, augment: { seasonalPair: { probability: 0 } } }, "test");
  expect(resolveViews(off, { ...rgb, paired: true }).image.paired).toBeUndefined();
});

test("refuses what the images cannot give", () => {
  const config = parseConfig({ dataset }, "test");
  expect(() => resolveViews(config, { ...rgb, width: 48 })).toThrow(
    "views.globalSize: expected at most the shorter side of the stored images (48), got 64. Store larger images (data.imageSize) or cut smaller views.",
  );
  expect(() => resolveViews(config, { ...rgb, std: [0.2, 0, 0.2] })).toThrow(/a positive std for each of 3 channels/);
  expect(() => resolveViews(config, { ...rgb, mean: [0.5] })).toThrow(/a finite mean/);
});

test("physical values come with their range, and statistics on its scale", () => {
  const config = parseConfig({ dataset, data: { channels: 1 } }, "test");
  const images = { ...gray, dtype: "float32", range: [-1000, 400], mean: [0.5], std: [0.3] } as const;
  expect(resolveViews(config, images).image.range).toEqual([-1000, 400]);
  expect(resolveViews(config, gray).image.range).toEqual([0, 255]);
  expect(() => resolveViews(config, { ...images, mean: [-300], std: [420] })).toThrow(
    "resolveViews: expected statistics of pixels brought to 0 (black, -1000) and 1 (white, 400), got a mean of [-300] and a standard deviation of [420].",
  );
});
