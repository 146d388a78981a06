/**
 * Fewer pixels: each side is averaged down to a share of its pixels and brought back bilinearly. MONAI's RandSimulateLowResolution with
 * `downsample_mode="area"`, because a detector with larger pixels averages over them. Two products with a matrix that is chosen from at
 * most 16, from the coarsest to the finest that the settings allow.
 */
import * as tf from "@tensorflow/tfjs";
import { type Field, numberOf, type Operation } from "../operation.ts";

export const lowResolution: Operation<"lowResolution"> = {
  name: "lowResolution",
  fields: ({ zoom }, { size }): Record<string, Field> =>
    pixelCounts(zoom, size).length === 0 ? {} : { choice: { rows: 1, idle: 0 } },
  draw(random, { zoom }, { size }) {
    const counts = pixelCounts(zoom, size);
    return { pixels: counts[random.integer(counts.length)] as number };
  },
  pack: (drawn, { zoom }, { size }) => ({ choice: 1 + pixelCounts(zoom, size).indexOf(numberOf(drawn, "pixels")) }),
  apply(x, fields, { zoom }, { size }) {
    const counts = [size, ...pixelCounts(zoom, size)];
    const bank = new Float32Array(counts.length * size * size);
    for (const [i, pixels] of counts.entries()) bank.set(downAndUp(pixels, size), i * size * size);
    const chosen = tf.gather(tf.tensor2d(bank, [counts.length, size * size]), tf.cast(fields.flat("choice"), "int32"));
    const band = tf.reshape(chosen, [1, fields.count, size, size]);
    return tf.matMul(band, tf.matMul(x, band, false, true)) as tf.Tensor4D;
  },
  words: (drawn) => `seen with ${numberOf(drawn, "pixels")} pixels a side`,
};

const mostCounts = 15;

/** Numbers of pixels that a side can be reduced to, below its own. */
function pixelCounts([from, to]: readonly [number, number], size: number): number[] {
  const least = Math.max(1, Math.round(from * size));
  const most = Math.min(Math.round(to * size), size - 1);
  const step = Math.max(1, Math.ceil((most - least + 1) / mostCounts));
  const counts: number[] = [];
  for (let pixels = least; pixels <= most; pixels += step) counts.push(pixels);
  return counts;
}

// [size, size]: averages of `pixels` bins (as adaptive pooling cuts them), then bilinear with half-pixel centres
function downAndUp(pixels: number, size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let output = 0; output < size; output++) {
    const from = Math.max(0, ((output + 0.5) * pixels) / size - 0.5);
    const first = Math.floor(from);
    const next = Math.min(first + 1, pixels - 1);
    for (const [bin, weight] of [[first, first + 1 - from] as const, [next, from - first] as const]) {
      const start = Math.floor((bin * size) / pixels);
      const end = Math.ceil(((bin + 1) * size) / pixels);
      for (let input = start; input < end; input++) {
        const at = output * size + input;
        matrix[at] = (matrix[at] as number) + weight / (end - start);
      }
    }
  }
  return matrix;
}
