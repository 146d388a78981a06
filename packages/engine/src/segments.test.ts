// Two ranks in one process give the values and gradients of one process on the whole batch.
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { allReduceMean, createEngine, type Group, localGroup, type Signature } from "./index.ts";

type Outputs = Record<string, number[]>;

async function runOn(group: Group | undefined, rows: Float32Array, columns: number): Promise<Outputs> {
  const engine = await createEngine({ device: "cpu", threads: 1, ...(group === undefined ? {} : { group }) });
  const signature: Signature = { x: { shape: [rows.length / columns, columns] }, w: { shape: [columns] } };
  const program = await engine.compile(({ x, w }) => standardisedLoss(x as tf.Tensor, w as tf.Tensor), signature);
  const result: Outputs = {};
  for (const [name, tensor] of Object.entries(await program.run({ x: rows, w: Float32Array.of(0.5, -1, 2) }))) {
    result[name] = [...(await tensor.read())];
    tensor.dispose();
  }
  await engine.dispose();
  return result;
}

/** A loss over statistics of the whole batch; the variance needs the mean, so there are two reductions in series. */
function standardisedLoss(x: tf.Tensor, w: tf.Tensor): Record<string, tf.Tensor> {
  const loss = (weight: tf.Tensor): tf.Scalar => {
    const scaled = tf.mul(x, weight);
    const mean = allReduceMean(tf.mean(scaled, 0));
    const variance = allReduceMean(tf.mean(tf.square(tf.sub(scaled, mean)), 0));
    return tf.sum(tf.log(tf.add(tf.square(mean), tf.add(variance, 0.1)))) as tf.Scalar;
  };
  const { value, grad } = tf.valueAndGrad(loss)(w);
  return { value, gradient: allReduceMean(grad) };
}

const batch = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * 1.9) + i / 10);

test("two ranks equal one process on the whole batch, collectives in series", async () => {
  const whole = await runOn(undefined, batch, 3);
  const halves = [batch.slice(0, 12), batch.slice(12)];
  const ranks = await Promise.all(localGroup(2).map((group, rank) => runOn(group, halves[rank] as Float32Array, 3)));
  for (const rank of ranks) {
    for (const [name, expected] of Object.entries(whole)) {
      for (const [i, value] of expected.entries()) expect(rank[name]?.[i]).toBeCloseTo(value, 5);
    }
  }
});

test("a group of one is the identity", async () => {
  const [alone] = localGroup(1);
  expect(await runOn(alone, batch, 3)).toEqual(await runOn(undefined, batch, 3));
});
