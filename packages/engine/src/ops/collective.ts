// Collectives as ops: inside a traced function they split the compiled graph into segments.
import * as tf from "@tensorflow/tfjs";
import { isNative, runFusedOne } from "./_native.ts";

/**
 * Mean of `x` over all ranks of the engine's group; the identity on one process. Its gradient is itself.
 *
 * Outside a compiled function there is only one process, so it is the identity there as well.
 */
export function allReduceMean(x: tf.Tensor): tf.Tensor {
  if (!isNative()) return tf.clone(x);
  const op = tf.customGrad((input) => ({
    value: runFusedOne("LejepaAllReduceMean", { x: input as tf.Tensor }),
    gradFunc: (dy: tf.Tensor) => runFusedOne("LejepaAllReduceMean", { x: dy }),
  }));
  return op(x);
}
