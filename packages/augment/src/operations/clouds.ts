/**
 * A cloud and its shadow. The cloud is a few round puffs, each a Gaussian bump exp(-r^2 / 2 s^2); where they add up to 1 or more, the
 * cloud hides `opacity` of the ground and shows its own light, in all bands the same; thinner edges let the ground through in
 * proportion. The shadow is the same cloud, displaced away from the sun, and takes `shadow` of the ground's light:
 * `x' = (1 - a) (1 - k b) x + a light` with a and b the opacity of the cloud above and of the one towards the sun. Gaussian bumps are products of a row
 * and a column, so that a cloud is one product of two thin matrices. The result stays in [0, 1].
 */
import type { RandomStream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { type Fields, numberOf, type Operation, short } from "../operation.ts";

const puffs = 6;

export const clouds: Operation<"clouds"> = {
  name: "clouds",
  fields: () => ({
    x: { rows: puffs, idle: 0 },
    y: { rows: puffs, idle: 0 },
    radius: { rows: puffs, idle: 1 },
    opacity: { rows: 1, idle: 0 },
    light: { rows: 1, idle: 0 },
    shadow: { rows: 1, idle: 0 },
    shiftX: { rows: 1, idle: 0 },
    shiftY: { rows: 1, idle: 0 },
  }),
  // places and lengths are shares of the view's side
  draw(random, { size, opacity, brightness, shadow, distance }) {
    const away = random.uniform(0, 2 * Math.PI);
    const far = random.uniform(...distance);
    return {
      ...drawPuffs(random, size),
      opacity: random.uniform(...opacity),
      light: random.uniform(...brightness),
      shadow,
      shiftX: far * Math.cos(away),
      shiftY: far * Math.sin(away),
    };
  },
  apply(x, fields, _, { size }) {
    const cover = tf.mul(thickness(fields, size, false), fields.one("opacity"));
    const shade = tf.mul(thickness(fields, size, true), tf.mul(fields.one("opacity"), fields.one("shadow")));
    const seen = tf.mul(x, tf.mul(tf.sub(1, shade), tf.sub(1, cover)));
    return tf.add(seen, tf.mul(cover, fields.one("light"))) as tf.Tensor4D;
  },
  words: (drawn) => `cloud of opacity ${short(numberOf(drawn, "opacity"))}`,
};

// puffs lie within three radii of the cloud's middle, which lies in the view
function drawPuffs(random: RandomStream, size: readonly [number, number]): Record<"x" | "y" | "radius", number[]> {
  const radius = Array.from({ length: puffs }, () => random.uniform(...size));
  const middle = [random.uniform(0, 1), random.uniform(0, 1)] as const;
  const around = (from: number): number[] => radius.map((r) => from + random.uniform(-3, 3) * r * 0.7);
  return { radius, x: around(middle[0]), y: around(middle[1]) };
}

// [n, size, size], 0 .. 1
function thickness(fields: Fields, size: number, shadow: boolean): tf.Tensor {
  const centres = tf.div(tf.add(tf.range(0, size, 1, "float32"), 0.5), size);
  const bumps = (at: string, shift: string): tf.Tensor => {
    const centre = shadow ? tf.add(fields.many(at), fields.one(shift)) : fields.many(at);
    const away = tf.div(tf.sub(tf.reshape(centres, [1, 1, 1, size]), centre), fields.many("radius"));
    // [puffs, n, 1, size] to [n, puffs, size]
    return tf.transpose(tf.reshape(tf.exp(tf.mul(tf.square(away), -0.5)), [puffs, fields.count, size]), [1, 0, 2]);
  };
  return tf.minimum(tf.matMul(bumps("y", "shiftY"), bumps("x", "shiftX"), true, false), 1);
}
