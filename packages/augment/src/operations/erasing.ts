/**
 * torchvision's RandomErasing (Zhong et al. 2020) with each channel's mean in the box, which is 0 after normalisation: what a satellite's
 * trail, a label, a finger or dust on a detector hides. Boxes are those of `RandomErasing.get_params` for the same draws.
 */
import type { OperationOptions, RandomStream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { type Drawn, numberOf, type Operation } from "../operation.ts";
import { roundHalfEven } from "../round.ts";

const tries = 10;

export const erasing: Operation<"erasing"> = {
  name: "erasing",
  // an empty box
  fields: () => ({
    top: { rows: 1, idle: 0 },
    left: { rows: 1, idle: 0 },
    height: { rows: 1, idle: 0 },
    width: { rows: 1, idle: 0 },
  }),
  draw: (random, options, { size }) => drawErasedBox(random, options, size),
  apply(x, fields, _, { channels, size, mean }) {
    const line = tf.range(0.5, size, 1, "float32");
    const within = (start: tf.Tensor, length: tf.Tensor, at: tf.Tensor): tf.Tensor =>
      tf.cast(tf.logicalAnd(tf.greater(at, start), tf.less(at, tf.add(start, length))), "float32");
    const rows = within(fields.one("top"), fields.one("height"), tf.reshape(line, [1, size, 1]));
    const columns = within(fields.one("left"), fields.one("width"), tf.reshape(line, [1, 1, size]));
    const box = tf.mul(rows, columns);
    const filled = tf.mul(box, tf.tensor([...mean], [channels, 1, 1, 1]));
    return tf.add(tf.mul(x, tf.sub(1, box)), filled) as tf.Tensor4D;
  },
  words: (drawn) => `erased ${numberOf(drawn, "width")} x ${numberOf(drawn, "height")} px`,
};

/** The box; empty when ten tries do not fit into the view. */
export function drawErasedBox(
  random: RandomStream,
  { area, ratio }: Pick<OperationOptions<"erasing">, "area" | "ratio">,
  size: number,
): Drawn {
  for (let i = 0; i < tries; i++) {
    const erased = size * size * random.uniform(...area);
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const height = roundHalfEven(Math.sqrt(erased * aspect));
    const width = roundHalfEven(Math.sqrt(erased / aspect));
    if (height >= size || width >= size) continue;
    return { height, width, top: random.integer(size - height + 1), left: random.integer(size - width + 1) };
  }
  return { height: 0, width: 0, top: 0, left: 0 };
}
