// Features of made-up encoders: class centres under noise, so that the separation says how good the encoder is.
import { stream } from "@lejepa/contracts";
import type { EncoderFeatures } from "./compare-features.ts";
import type { EncoderKind } from "./comparison-schema.ts";
import { type Matrix, matrix } from "./matrix.ts";

export interface Gaussian {
  readonly labels: ArrayLike<number>;
  readonly columns: number;
  /** Distance of the centres in units of the noise. */
  readonly separation: number;
  readonly seed: number;
}

/** `separation * centre of the class + noise`, `[labels, columns]`. */
export function gaussianFeatures({ labels, columns, separation, seed }: Gaussian): Matrix {
  const classes = 1 + Math.max(...Array.from(labels));
  // the same centres for every seed: seeds are trainings of one encoder
  const centres = stream(0, "centres").fillNormal(new Float32Array(classes * columns));
  const data = stream(seed, "noise").fillNormal(new Float32Array(labels.length * columns));
  for (let i = 0; i < labels.length; i++)
    for (let j = 0; j < columns; j++)
      data[i * columns + j] =
        (data[i * columns + j] as number) + separation * (centres[(labels[i] as number) * columns + j] as number);
  return matrix(data, labels.length, columns);
}

/** An encoder of such features for `compareFeatures`. */
export function gaussianEncoder(name: string, kind: EncoderKind, options: Gaussian): EncoderFeatures {
  const m = gaussianFeatures(options);
  return { name, kind, seeds: [{ embedding: m, probe: m }] };
}
