// Every kernel on WebGPU against tfjs's pure-JS backend.
import { expect, test } from "vitest";
import { differences } from "./op-suite/run.ts";
import { opTable } from "./op-suite/table.ts";
import { webgpuMissing } from "./_webgpu.test-helper.ts";

const missing = webgpuMissing();

test.for(Object.entries(opTable))("%s on webgpu", { timeout: 120_000 }, async ([kernel, entry], { skip }) => {
  skip(missing !== undefined, missing);
  expect(await differences(kernel, entry, "webgpu")).toEqual([]);
});
