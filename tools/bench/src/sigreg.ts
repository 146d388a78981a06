// SIGReg alone, forward and backward, timed in its own process: `node sigreg.js STEPS THREADS [DEVICE] [PRECISION]` with a case on stdin.
import { characteristicMethod, sigreg, sigregDirections } from "@lejepa/core";
import { configuredEngine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { SigregCase } from "./cases.ts";
import { readArguments, readCase, report } from "./input.ts";

const { steps, engine: options } = readArguments();
const { samples, dim, slices, knots } = await readCase<SigregCase>();
const engine = await configuredEngine(options);
const method = characteristicMethod(engine.device);
const program = await engine.compile(
  ({ z, directions }) => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => sigreg(x, directions, { ...method, knots }) as tf.Scalar)(
      z,
    );
    return { value, grad };
  },
  { z: { shape: [1, samples, dim] }, directions: { shape: [dim, slices] } },
);
const values = Float32Array.from({ length: samples * dim }, (_, i) => Math.sin(i * 12.9898) * 1.4);
const z = await engine.tensor(values, [1, samples, dim]);
const directions = await engine.tensor(sigregDirections(dim, slices, 0, 0), [dim, slices]);
await report(steps, async () => {
  const out = await program.run({ z, directions });
  await out["value"]?.read();
  for (const tensor of Object.values(out)) tensor.dispose();
});
await engine.dispose();
