/** Write TensorFlow.js, run ONNX Runtime: traces tfjs functions, forward and backward, into one native graph.
 * @module */
export {};
