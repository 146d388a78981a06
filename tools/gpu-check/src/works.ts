// Whether a device computes at all.
import { createEngine, type Engine } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";

/** A product of small matrices. */
export async function checkWorks(device: Engine["device"]): Promise<{ readonly startMs: number }> {
  const start = performance.now();
  const engine = await createEngine({ device });
  const program = await engine.compile(({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D) }), {
    x: { shape: [2, 2] },
  });
  const { y } = await program.run({ x: Float32Array.of(1, 2, 3, 4) });
  const values = String(await y?.read());
  if (values !== "7,10,15,22") throw new Error(`[[1, 2], [3, 4]] squared came out as ${values}`);
  return { startMs: performance.now() - start };
}
