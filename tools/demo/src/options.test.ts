// The command line.
import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

test("defaults and given values", () => {
  expect(readOptions([])).toEqual({ data: undefined, out: undefined, seeds: 3, steps: 102, help: false });
  expect(readOptions(["--data", "photos", "--seeds", "1"])).toMatchObject({ data: "photos", seeds: 1 });
});

test.each([[["--sedes", "1"]], [["--seeds", "0"]], [["--steps", "many"]], [["photos"]]])("refuses %j", (args) => {
  expect(() => readOptions(args)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
});
