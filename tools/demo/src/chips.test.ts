// Splits that share no pixel, and levelled chips.
import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { chipCorners, chipSize, cutChip, type Scene } from "./chips.ts";

const width = 600;
const height = 300;
const random = stream(1, "scene");
const scene: Scene = {
  width,
  height,
  pixels: Uint8Array.from({ length: width * height }, () => 90 + random.integer(60)),
};

test("no pixel lies in two splits, and training and test are a chip apart", () => {
  const [validation, train, held] = (["val", "train", "test"] as const).map((split) =>
    chipCorners(scene, split).map(({ x }) => x),
  );
  expect(Math.max(...(validation ?? [])) + chipSize).toBeLessThanOrEqual(Math.min(...(train ?? [])));
  expect(Math.max(...(train ?? [])) + 2 * chipSize).toBeLessThanOrEqual(Math.min(...(held ?? [])));
});

test("chips are different places inside the scene", () => {
  const corners = chipCorners(scene, "train");
  expect(new Set(corners.map(({ x, y }) => `${x},${y}`)).size).toBe(220);
  for (const { y } of corners) expect(y + chipSize).toBeLessThanOrEqual(height);
});

test("blank places give no chips", () => {
  expect(chipCorners({ ...scene, pixels: new Uint8Array(width * height).fill(200) }, "train")).toEqual([]);
});

test("every chip has the same mean and contrast", () => {
  const chip = cutChip(scene, { x: 12, y: 24 });
  const mean = chip.reduce((sum, value) => sum + value, 0) / chip.length;
  const variance = chip.reduce((sum, value) => sum + (value - mean) ** 2, 0) / chip.length;
  expect(mean).toBeCloseTo(128, 0);
  expect(Math.sqrt(variance)).toBeCloseTo(48, 0);
});
