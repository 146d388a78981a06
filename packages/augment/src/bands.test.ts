import { expect, test } from "vitest";
import { wavelengthsOf } from "./bands.ts";

test("names in words, Sentinel-2's and Landsat's numbers", () => {
  expect(wavelengthsOf(["Red", "green", "blue", "nir", "swir1", "elevation"])).toEqual([
    0.665,
    0.56,
    0.49,
    0.842,
    1.61,
    undefined,
  ]);
  expect(wavelengthsOf(["B02", "B8A", "B10", "B12"])).toEqual([0.49, 0.865, 1.375, 2.19]);
  expect(wavelengthsOf(["SR_B2", "B5", "B10"])).toEqual([0.482, 0.865, 10.9]);
  expect(wavelengthsOf(["constructor", "VV", ""])).toEqual([undefined, undefined, undefined]);
});
