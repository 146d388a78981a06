// Every kernel on CUDA against tfjs's pure-JS backend.
import { expect, test } from "vitest";
import { cudaMissing } from "./_cuda.test-helper.ts";
import { differences } from "./op-suite/run.ts";
import { opTable } from "./op-suite/table.ts";

const missing = cudaMissing();

test.for(Object.entries(opTable))("%s on cuda", { timeout: 60_000 }, async ([kernel, entry], { skip }) => {
  skip(missing !== undefined, missing);
  expect(await differences(kernel, entry, "cuda")).toEqual([]);
});
