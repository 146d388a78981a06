/**
 * Bands that are missing: each that is lost becomes its mean over the dataset, which normalisation brings to 0. Between one band and
 * `most` of them, never all; of one band none can be lost.
 */
import * as tf from "@tensorflow/tfjs";
import type { Operation } from "../operation.ts";

export const bandDropout: Operation<"bandDropout"> = {
  name: "bandDropout",
  fields: (_, { channels }): Record<string, { rows: number; idle: number }> =>
    channels > 1 ? { keep: { rows: channels, idle: 1 } } : {},
  // the lost bands, ascending
  draw(random, { most }, { channels }) {
    const count = 1 + random.integer(mostLost(most, channels));
    return { lost: Array.from(random.permutation(channels).subarray(0, count)).sort((a, b) => a - b) };
  },
  pack(drawn, _, { channels }) {
    const lost = new Set(drawn["lost"] as readonly number[]);
    return { keep: Array.from({ length: channels }, (__, band) => (lost.has(band) ? 0 : 1)) };
  },
  apply(x, fields, _, { mean, channels }) {
    const keep = fields.many("keep");
    const means = tf.tensor(mean as number[], [channels, 1, 1, 1]);
    return tf.add(tf.mul(x, keep), tf.mul(tf.sub(1, keep), means)) as tf.Tensor4D;
  },
  words(drawn) {
    const lost = (drawn["lost"] as readonly number[]).map((band) => band + 1);
    return `without ${lost.length === 1 ? "band" : "bands"} ${lost.join(", ")}`;
  },
};

/** Largest number of bands that a view may lose. */
function mostLost(share: number, channels: number): number {
  return Math.min(Math.max(1, Math.floor(share * channels)), channels - 1);
}
