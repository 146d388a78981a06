// The whole kernel table, and what to use instead of what is not in it.
import { elementwise } from "./elementwise.ts";
import { fused } from "./fused.ts";
import { networks } from "./nn.ts";
import { pooling } from "./pool.ts";
import { reductions } from "./reduce.ts";
import type { KernelTable } from "./registry.ts";
import { shaping } from "./shape.ts";

/** Every kernel of the `onnx` backend by tfjs kernel name. */
export const kernels: KernelTable = { ...elementwise, ...reductions, ...shaping, ...networks, ...pooling, ...fused };

/** Hints for ops that cannot be traced (their output shape depends on data) or that nothing here needs. */
export const alternatives: Readonly<Record<string, string>> = {
  Where: "Its output shape depends on the data. Use tf.where(condition, a, b) or multiply by a mask.",
  Unique: "Its output shape depends on the data. Work on the host: await tensor.data().",
  NonMaxSuppressionV3: "Its output shape depends on the data. Work on the host: await tensor.data().",
  NonMaxSuppressionV4: "Its output shape depends on the data. Work on the host: await tensor.data().",
  NonMaxSuppressionV5: "Its output shape depends on the data. Work on the host: await tensor.data().",
  Complex: "Complex numbers are not supported. Keep real and imaginary parts as two tensors.",
  FFT: "Complex numbers are not supported. Use a cosine/sine matrix and tf.matMul.",
  Multinomial: "Draw on the host from a seeded stream and pass the draws in.",
  ResizeBilinear: "Use gridSample of @lejepa/engine (channels first), or two products with interpolation matrices.",
  ResizeNearestNeighbor: "Use tf.gather with rounded positions along each axis.",
  Einsum: "Use tf.matMul, tf.transpose and tf.sum.",
  Conv3D: "Use conv2d over slices.",
};
