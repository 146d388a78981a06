/**
 * Where a run may compute, and how exactly: the one table of it. That a device is there is the engine's business.
 */

/** Devices that work in this release. */
export const deviceNames = ["cpu", "webgpu", "cuda", "tensorflow"] as const;

/**
 * - `float32`: everything.
 * - `tf32`: products of matrices and convolutions round their operands to 10 bits of mantissa and add in float32; all else
 *   stays float32: weights, moments, statistics, SIGReg's sums.
 */
export const precisions = ["float32", "tf32"] as const;

/** What each device has. */
export const devicePrecisions: Readonly<Record<(typeof deviceNames)[number], readonly (typeof precisions)[number][]>> =
  {
    cpu: ["float32"],
    webgpu: ["float32"],
    cuda: ["float32", "tf32"],
    tensorflow: ["float32"],
  };
