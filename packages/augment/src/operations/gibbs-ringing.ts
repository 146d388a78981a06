/**
 * Gibbs ringing: spatial frequencies above a share of those that the view can hold are cut off along each axis, as by the rectangle of
 * k-space that an MR scanner samples. MONAI's GibbsNoise cuts a disc instead. Frequencies are those of the view with its mirror image
 * beside it (DCT-II), so that a crop's left edge does not ring into its right one. The last frequency is kept by its fraction.
 */
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "../clamp.ts";
import { type Field, type Fields, numberOf, type Operation, short } from "../operation.ts";

export const gibbsRinging: Operation<"gibbsRinging"> = {
  name: "gibbsRinging",
  fields: ({ kept: [from] }): Record<string, Field> =>
    from === 1 ? {} : { y: { rows: 1, idle: 1 }, x: { rows: 1, idle: 1 } },
  draw: (random, { kept: [from, to] }) => ({ y: random.uniform(from, to), x: random.uniform(from, to) }),
  apply(x, fields, _, { size }) {
    const cosines = tf.tensor2d(cosinesOf(size), [size, size]);
    const vertical = projection(fields, "y", cosines);
    const horizontal = projection(fields, "x", cosines);
    return clamp01(tf.matMul(vertical, tf.matMul(x, horizontal, false, true))) as tf.Tensor4D;
  },
  words: (drawn) => `rings: ${short(numberOf(drawn, "x"))} x ${short(numberOf(drawn, "y"))} of k-space`,
};

// [1, n, size, size]: the identity minus what is cut off, so that views that keep everything stay as they are
function projection(fields: Fields, axis: string, cosines: tf.Tensor2D): tf.Tensor {
  const [size] = cosines.shape;
  const frequency = tf.reshape(tf.range(0, size, 1, "float32"), [1, 1, size]);
  const cut = tf.sub(1, clamp01(tf.sub(tf.mul(fields.one(axis), size), frequency)));
  const weighed = tf.reshape(tf.mul(tf.expandDims(tf.transpose(cosines), 0), cut), [fields.count * size, size]);
  const removed = tf.reshape(tf.matMul(weighed, cosines), [1, fields.count, size, size]);
  return tf.sub(tf.reshape(tf.eye(size), [1, 1, size, size]), removed);
}

// orthonormal DCT-II, a row for each frequency
function cosinesOf(size: number): Float32Array {
  const cosines = new Float32Array(size * size);
  for (let k = 0; k < size; k++) {
    const norm = Math.sqrt((k === 0 ? 1 : 2) / size);
    for (let i = 0; i < size; i++) cosines[k * size + i] = norm * Math.cos((Math.PI * (i + 0.5) * k) / size);
  }
  return cosines;
}
