// SIGReg alone, forward and backward, timed in its own process: `node sigreg.js STEPS THREADS` with a case on stdin.
import { sigreg, sigregDirections } from "@lejepa/core";
import { createEngine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { SigregCase } from "./cases.ts";
import { countsFromArguments, readCase, report } from "./input.ts";

const { steps, threads } = countsFromArguments();
const { samples, dim, slices, knots } = await readCase<SigregCase>();
const engine = await createEngine({ device: "cpu", threads });
const program = await engine.compile(
  ({ z, directions }) => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => sigreg(x, directions, { knots }) as tf.Scalar)(z);
    return { value, grad };
  },
  { z: { shape: [1, samples, dim] }, directions: { shape: [dim, slices] } },
);
const z = Float32Array.from({ length: samples * dim }, (_, i) => Math.sin(i * 12.9898) * 1.4);
const directions = sigregDirections(dim, slices, 0, 0);
await report(steps, async () => {
  const out = await program.run({ z, directions });
  for (const tensor of Object.values(out)) tensor.dispose();
});
await engine.dispose();
