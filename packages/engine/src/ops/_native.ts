// How a fused op reaches its kernel. Every op in this folder has a plain definition in tfjs ops (the oracle, and what
// any other backend runs); on the `onnx` backend it calls a kernel of ours with a gradient written by hand.
import * as tf from "@tensorflow/tfjs";

/** Name under which the tracing backend is registered with tfjs. */
export const ONNX_BACKEND = "onnx";

/** Name of TensorFlow's backend. */
export const TENSORFLOW_BACKEND = "tensorflow";

/** True when ops are recorded by our backend rather than computed by another. */
export const isNative = (): boolean => tf.getBackend() === ONNX_BACKEND;

/** Runs one of our own kernels (see kernels/fused.ts) and returns its outputs. */
export function runFused(name: string, inputs: Record<string, tf.Tensor>, attributes: object = {}): tf.Tensor[] {
  const result: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(name, inputs as unknown as tf.NamedTensorMap, attributes as unknown as Record<string, never>);
  return Array.isArray(result) ? result : [result];
}

/** First output of {@link runFused}. */
export function runFusedOne(name: string, inputs: Record<string, tf.Tensor>, attributes: object = {}): tf.Tensor {
  const [first] = runFused(name, inputs, attributes);
  if (first === undefined) throw new Error(`kernel ${name} returned nothing`);
  return first;
}
