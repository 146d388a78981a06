import { isDataset } from "@lejepa/contracts";
import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the public names", () => {
  expect(Object.keys(api).sort()).toEqual(["geotiff", "geotiffOptions"]);
  expect(isDataset(api.geotiff)).toBe(true);
});

test("files are recognised by TIFF's and BigTIFF's first bytes", () => {
  const recognises = (head: readonly number[]): boolean =>
    api.geotiff.recognises?.(Uint8Array.from(head), "x") === true;
  expect(
    [
      [0x49, 0x49, 42, 0],
      [0x4d, 0x4d, 0, 42],
      [0x49, 0x49, 43, 0],
      [0x4d, 0x4d, 0, 43],
    ].map(recognises),
  ).toEqual([true, true, true, true]);
  expect(
    [[], [0x49, 0x49], [0x49, 0x4d, 42, 0], [0x4d, 0x4d, 42, 0], [0x89, 0x50, 0x4e, 0x47]].map(recognises),
  ).toEqual([false, false, false, false, false]);
});

test("what is read and refused is listed once each", () => {
  const formats = api.geotiff.formats ?? [];
  expect(new Set(formats.map(({ id }) => id)).size).toBe(formats.length);
  expect(formats.filter(({ supported }) => !supported).length).toBeGreaterThan(5);
});
