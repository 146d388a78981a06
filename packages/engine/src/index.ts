/**
 * Write TensorFlow.js, run ONNX Runtime: tfjs functions, forward and backward, traced into one native graph.
 * @module
 */
export { registerOnnxBackend } from "./backend.ts";
export type { Description, OpSummary } from "./describe.ts";
export {
  type CompiledProgram,
  type CompileOptions,
  configuredEngine,
  type ConfiguredDevice,
  createEngine,
  type DeviceName,
  deviceNames,
  type Engine,
  type EngineOptions,
} from "./engine.ts";
export { type ErrorBounds, errorBounds, type HalfBounds, halfBounds } from "./error-bounds.ts";
export type { Feed } from "./feeds.ts";
export { type Group, localGroup } from "./group.ts";
export { openOnnxModel, type OnnxModel, type OnnxPort, type OnnxTensor } from "./onnx-model.ts";
export { type CudaCheck, checkCuda } from "./native/cuda-check.ts";
export { type CudaDevice, type CudaDriver, cudaDriver, cudaVersionText } from "./native/cuda-driver.ts";
export {
  CUDA_FILE,
  type CudaInstall,
  cudaHome,
  cudaLibraryNames,
  cudaProviderFile,
  findCuda,
} from "./native/cuda-install.ts";
export { attention, gelu, softmax } from "./ops/activation.ts";
export { allReduceMean } from "./ops/collective.ts";
export { averagePool2d, type ConvOptions, conv2d, maxPool2d, type PoolOptions } from "./ops/conv.ts";
export { float32 } from "./ops/float32.ts";
export { type GridSampleOptions, gridSample } from "./ops/grid-sample.ts";
export { type Affine, layerNormLinear, linear } from "./ops/linear.ts";
export { type AttentionWeights, multiHeadAttention } from "./ops/multi-head-attention.ts";
export { type BatchNormResult, batchNorm, layerNorm } from "./ops/norm.ts";
export type { Precision } from "./precision.ts";
export type { OpTime } from "./profile.ts";
export type { Program } from "./program.ts";
export { DeviceTensor, liveDeviceTensors } from "./runtime/device-tensor.ts";
export type { WhileRunning } from "./runtime/graph-runtime.ts";
export {
  findTensorflow,
  openTensorflow,
  TFJS_KEY,
  tensorflowHome,
  type TensorflowInstall,
} from "./runtime/tensorflow.ts";
export type { InputSpec, InputType, Signature, Traceable } from "./trace.ts";
