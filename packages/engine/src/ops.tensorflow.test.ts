// Every kernel on TensorFlow against tfjs's pure-JS backend.
import { expect, test } from "vitest";
import { differences } from "./op-suite/run.ts";
import { opTable } from "./op-suite/table.ts";
import { tensorflowMissing } from "./_tensorflow.test-helper.ts";

const missing = tensorflowMissing();

test.for(Object.entries(opTable))("%s on tensorflow", { timeout: 60_000 }, async ([kernel, entry], { skip }) => {
  skip(missing !== undefined, missing);
  expect(await differences(kernel, entry, "tensorflow")).toEqual([]);
});
