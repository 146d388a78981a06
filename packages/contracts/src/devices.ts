/**
 * Where a run may compute, and how exactly: the one table of it. That a device is there is the engine's business.
 */

/** Devices that work in this release. */
export const deviceNames = ["cpu", "webgpu", "cuda", "tensorflow"] as const;

/**
 * - `float32`: everything.
 * - `tf32`: products of matrices and convolutions round their operands to 10 bits of mantissa and add in float32; all else
 *   stays float32: weights, moments, statistics, SIGReg's sums.
 * - `float16`, `bfloat16`: the encoder's and the projector's products take and give 16 bits; all else stays float32. float16 has
 *   11 bits of mantissa and a small range, so the loss is scaled; bfloat16 has 8, and float32's range.
 */
export const precisions = ["float32", "tf32", "float16", "bfloat16"] as const;

/** What each device has. */
export const devicePrecisions: Readonly<Record<(typeof deviceNames)[number], readonly (typeof precisions)[number][]>> =
  {
    cpu: ["float32"],
    webgpu: ["float32", "float16"],
    cuda: ["float32", "tf32", "float16", "bfloat16"],
    tensorflow: ["float32"],
  };
