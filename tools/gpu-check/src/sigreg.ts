// SIGReg and its gradient on a device against the formula in float64, written out here once more on purpose.
import { characteristicMethod, sigreg, sigregDirections } from "@lejepa/core";
import { stream } from "@lejepa/contracts";
import { createEngine, type Engine, errorBounds } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";

const [samples, dim, slices, knots, tMax] = [256, 16, 32, 17, 3];

/** Relative errors, and how large they may be. */
export interface SigregResult {
  readonly value: number;
  readonly gradient: number;
  readonly bounds: { readonly value: number; readonly gradient: number };
}

export async function checkSigreg(device: Engine["device"]): Promise<SigregResult> {
  const z = stream(0, "gpu-check")
    .fillNormal(new Float32Array(samples * dim))
    .map((value) => 0.7 * value + 0.2);
  const directions = sigregDirections(dim, slices, 0, 0);
  const want = inFloat64(z, directions);
  const engine = await createEngine({ device });
  const method = characteristicMethod(device);
  const program = await engine.compile(
    (inputs) => {
      const f = (x: tf.Tensor): tf.Scalar => sigreg(x, inputs.directions, { ...method, knots, tMax }) as tf.Scalar;
      return tf.valueAndGrad(f)(inputs.z) as unknown as Record<"value" | "grad", tf.Tensor>;
    },
    { z: { shape: [1, samples, dim] }, directions: { shape: [dim, slices] } },
  );
  const { value, grad } = await program.run({ z, directions });
  const { loss, lossGradient } = errorBounds[device as keyof typeof errorBounds];
  return {
    value: relative([...((await value?.read()) ?? [])], [want.value]),
    gradient: relative([...((await grad?.read()) ?? [])], want.gradient),
    bounds: { value: loss, gradient: lossGradient },
  };
}

/** T = N sum_k w_k [(C_k - phi_k)^2 + S_k^2], the mean over slices, and its gradient by z. */
function inFloat64(z: Float32Array, directions: Float32Array): { value: number; gradient: number[] } {
  const step = tMax / (knots - 1);
  const gradient = Array<number>(samples * dim).fill(0);
  let value = 0;
  for (let s = 0; s < slices; s++) {
    const a = Array.from({ length: dim }, (_, d) => directions[d * slices + s] as number);
    const x = Array.from({ length: samples }, (_, n) =>
      a.reduce((sum, v, d) => sum + v * (z[n * dim + d] as number), 0),
    );
    const dx = Array<number>(samples).fill(0);
    for (let k = 0; k < knots; k++) {
      const t = k * step;
      const phi = Math.exp(-(t ** 2) / 2);
      const weight = phi * step * (k === 0 || k === knots - 1 ? 1 : 2);
      const c = x.reduce((sum, v) => sum + Math.cos(t * v), 0) / samples - phi;
      const i = x.reduce((sum, v) => sum + Math.sin(t * v), 0) / samples;
      value += (samples * weight * (c ** 2 + i ** 2)) / slices;
      for (const [n, v] of x.entries())
        dx[n] = (dx[n] as number) + 2 * weight * t * (i * Math.cos(t * v) - c * Math.sin(t * v));
    }
    for (let n = 0; n < samples; n++)
      for (let d = 0; d < dim; d++)
        gradient[n * dim + d] = (gradient[n * dim + d] as number) + ((dx[n] as number) * (a[d] as number)) / slices;
  }
  return { value, gradient };
}

/** Largest error over the largest magnitude. */
function relative(got: readonly number[], want: readonly number[]): number {
  const scale = Math.max(...want.map(Math.abs));
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  return Math.max(...got.map((v, i) => Math.abs(v - (want[i] as number)))) / scale;
}
