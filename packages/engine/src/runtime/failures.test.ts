// Messages of ONNX Runtime that a user can do something about, in words.
import { expect, test } from "vitest";
import { knownFailure } from "./failures.ts";

test.each([
  [
    "Failed to allocate memory for requested buffer of size 1048576",
    "E_MEMORY",
    /1 MiB more were needed\. Make batchSize/,
  ],
  ["std::bad_alloc", "E_MEMORY", /out of the device's memory\. Make batchSize smaller/],
  [
    "webgpu_context.cc:136 status was false. Failed to get a WebGPU adapter: No supported adapters.",
    "E_DEVICE",
    /^device webgpu: no GPU was found\. Run with device cpu/,
  ],
  ["A valid external Instance reference no longer exists: device was lost", "E_DEVICE", /lost.*--resume/],
])("%s", (message, code, words) => {
  const failure = knownFailure("device webgpu", message, { cause: undefined });
  expect(failure?.code).toBe(code);
  expect(failure?.message).toMatch(words);
});

test("what nobody knows is nobody's failure", () => {
  expect(knownFailure("device cpu", "Node (x) is odd", { cause: undefined })).toBeUndefined();
});
