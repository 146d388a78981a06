// Whether tests of the cuda device can run: they need an NVIDIA GPU and `lejepa setup cuda`, so they skip nearly everywhere.
import { cudaDriver, findCuda } from "./index.ts";

const driver = await cudaDriver();

/** Why there is no device; undefined when there is one. */
export function cudaMissing(): string | undefined {
  if (!driver.ok) return driver.problem;
  if (driver.devices.length === 0) return "the driver finds no GPU";
  return findCuda() === undefined ? "CUDA is not installed (lejepa setup cuda)" : undefined;
}
