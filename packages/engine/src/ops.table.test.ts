// Every kernel on the CPU against tfjs's pure-JS backend.
import { expect, test } from "vitest";
import { differences } from "./op-suite/run.ts";
import { opTable } from "./op-suite/table.ts";
import { kernels } from "./kernels/index.ts";

test("every kernel has a case", () => {
  expect(Object.keys(opTable).sort()).toEqual(Object.keys(kernels).sort());
});

test.each(Object.entries(opTable))("%s equals the reference", async (kernel, entry) => {
  expect(await differences(kernel, entry, "cpu")).toEqual([]);
});
