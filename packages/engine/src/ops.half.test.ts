// Every kernel in mixed precision of 16 bits against tfjs's pure-JS backend: the graphs that cuda and webgpu get, on CPU kernels
// that round as those do.
import { describe, expect, test } from "vitest";
import { differences } from "./op-suite/run.ts";
import { opTable } from "./op-suite/table.ts";

describe.each([
  ["cuda", "float16"],
  ["cuda", "bfloat16"],
  ["webgpu", "float16"],
] as const)("on %s in %s", (device, emulated) => {
  test.each(Object.entries(opTable))("%s", async (kernel, entry) => {
    expect(await differences(kernel, entry, device, { emulated })).toEqual([]);
  });
});
