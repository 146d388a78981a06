/**
 * Differentiable sorting through top-k. Not a stable sort: equal values may swap, which changes neither the values nor
 * the sum of their gradients.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Sorts each row ascending. The gradient goes back to where each value came from.
 *
 * @param x [rows, n]
 * @returns [rows, n]
 */
export function sortRows(x: tf.Tensor2D): tf.Tensor2D {
  const op = tf.customGrad((input, save) => {
    const n = x.shape[1];
    const { values, indices } = tf.topk(tf.neg(input as tf.Tensor), n, true);
    (save as tf.GradSaveFunc)([indices]);
    return { value: tf.neg(values), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => unsort(dy, saved[0]!) };
  });
  return op(x) as tf.Tensor2D;
}

/** out[row, order[row, i]] = sorted[row, i], as a gather by the inverse permutation. */
function unsort(sorted: tf.Tensor, order: tf.Tensor): tf.Tensor {
  const [rows, n] = sorted.shape as [number, number];
  // sorting the order itself gives its inverse; float32 counts exactly up to 2^24
  const { indices: inverse } = tf.topk(tf.neg(tf.cast(order, "float32")), n, true);
  const offsets = tf.tensor2d(
    Int32Array.from({ length: rows }, (_, row) => row * n),
    [rows, 1],
    "int32",
  );
  return tf.reshape(tf.gather(tf.reshape(sorted, [-1]), tf.reshape(tf.add(inverse, offsets), [-1])), [rows, n]);
}

/**
 * The samples of each column in ascending order.
 *
 * @param x [samples, columns]
 * @returns [columns, samples]
 */
export const sortedColumns = (x: tf.Tensor): tf.Tensor2D => sortRows(tf.transpose(x as tf.Tensor2D));
