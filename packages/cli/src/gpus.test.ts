import { expect, test } from "vitest";
import { parseGpus } from "./gpus.ts";

test("GPUs from nvidia-smi's lines", () => {
  expect(parseGpus("NVIDIA H100 80GB HBM3, 550.90.07, 81559\nNVIDIA T400, 550.90.07, 2048\n")).toEqual([
    { name: "NVIDIA H100 80GB HBM3", driver: "550.90.07", memoryGiB: 79.6 },
    { name: "NVIDIA T400", driver: "550.90.07", memoryGiB: 2 },
  ]);
  expect(parseGpus("")).toEqual([]);
  expect(parseGpus("No devices were found\n")).toEqual([]);
});
