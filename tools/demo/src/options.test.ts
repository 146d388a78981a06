// The command line.
import { expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { workload } from "./recipe.ts";

test("defaults and given values", () => {
  expect(readOptions([])).toEqual({ data: undefined, out: undefined, seeds: 3, steps: undefined, help: false });
  expect(readOptions(["--data", "photos", "--seeds", "1"])).toMatchObject({ data: "photos", seeds: 1 });
  expect(readOptions(["--steps", "12"]).steps).toBe(12);
});

test.each([[["--sedes", "1"]], [["--seeds", "0"]], [["--steps", "many"]], [["photos"]]])("refuses %j", (args) => {
  expect(() => readOptions(args)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
});

test.each([
  [50_000, 128, 153],
  [200, 64, 306],
  [100, 32, 613],
  [40, 16, 1225],
])("%i training images: batches of %i, %i steps", (images, batchSize, steps) => {
  expect(workload(images)).toEqual({ batchSize, steps });
});
