import { stream } from "@lejepa/contracts";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { fixture, replay } from "./_fixture.test-helper.ts";
import { drawCropBox } from "./crop-box.ts";

test("boxes equal torchvision's get_params for the same draws", () => {
  for (const [height, width, scale, ratio, draws, wanted] of fixture.boxes) {
    const box = { top: -1, left: -1, height: -1, width: -1 };
    drawCropBox(replay(draws), { height, width, scale, ratio }, box);
    expect([box.top, box.left, box.height, box.width]).toEqual(wanted);
  }
});

const range = (low: number, high: number) =>
  fc
    .tuple(fc.double({ min: low, max: high, noNaN: true }), fc.double({ min: low, max: high, noNaN: true }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

property.prop([
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 300 }),
  range(0.001, 1),
  range(0.2, 5),
  fc.nat(),
])("boxes lie inside the image and are not empty", (height, width, scale, ratio, seed) => {
  const box = { top: -1, left: -1, height: -1, width: -1 };
  drawCropBox(stream(seed, "boxes"), { height, width, scale, ratio }, box);
  expect(box.height).toBeGreaterThanOrEqual(1);
  expect(box.width).toBeGreaterThanOrEqual(1);
  expect(box.top).toBeGreaterThanOrEqual(0);
  expect(box.left).toBeGreaterThanOrEqual(0);
  expect(box.top + box.height).toBeLessThanOrEqual(height);
  expect(box.left + box.width).toBeLessThanOrEqual(width);
});

test("areas and ratios of boxes fill the ranges asked for", () => {
  const options = { height: 200, width: 200, scale: [0.1, 0.4], ratio: [0.5, 2] } as const;
  const random = stream(7, "boxes");
  const areas: number[] = [];
  const ratios: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const box = { top: 0, left: 0, height: 0, width: 0 };
    drawCropBox(random, options, box);
    areas.push((box.height * box.width) / 40000);
    ratios.push(Math.log2(box.width / box.height));
  }
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  // uniform laws: means 0.25 and 0; standard errors 0.002 and 0.013
  expect(Math.abs(mean(areas) - 0.25)).toBeLessThan(0.01);
  expect(Math.abs(mean(ratios))).toBeLessThan(0.065);
  expect(Math.min(...areas)).toBeGreaterThan(0.09);
  expect(Math.max(...areas)).toBeLessThan(0.41);
  expect(Math.max(...ratios.map(Math.abs))).toBeLessThan(1.05);
});
