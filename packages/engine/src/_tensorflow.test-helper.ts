// Whether tests of the tensorflow device can run: an installation is too heavy for every run, so they skip without one.
import { findTensorflow } from "./index.ts";

/** Why there is no device; undefined when there is one. */
export function tensorflowMissing(): string | undefined {
  return findTensorflow() === undefined ? "TensorFlow is not installed (npm run test:tensorflow)" : undefined;
}
