/**
 * Write TensorFlow.js, run ONNX Runtime: tfjs functions, forward and backward, traced into one native graph.
 * @module
 */
export { attention, gelu, softmax } from "./ops/activation.ts";
export { allReduceMean } from "./ops/collective.ts";
export { averagePool2d, type ConvOptions, conv2d, maxPool2d, type PoolOptions } from "./ops/conv.ts";
export { type GridSampleOptions, gridSample } from "./ops/grid-sample.ts";
export { type Affine, layerNormLinear, linear } from "./ops/linear.ts";
export { type BatchNormResult, batchNorm, layerNorm } from "./ops/norm.ts";
