/** One operation alone, on whole images whose pixels are given, through the real parameters and the real graph. */
import { type OperationName, type OperationOptions, operationSchemas } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { specFor } from "./_fixture.test-helper.ts";
import { applyViews } from "./apply.ts";
import type { Drawn } from "./operation.ts";
import { identityParameters, packViews } from "./parameters.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";

/** Which operation, and on what. */
export interface Alone<Name extends OperationName> {
  readonly name: Name;
  readonly options?: Partial<OperationOptions<Name>>;
  readonly channels: number;
  readonly size: number;
  /** Planes [channels, size, size] of the one image, in [0, 1]. */
  readonly planes: readonly number[];
  /** What was drawn for each view; null: it does not act. */
  readonly drawn: readonly (Drawn | null)[];
  /** Of each channel; 0 by default. */
  readonly mean?: readonly number[];
  readonly channelNames?: readonly string[];
}

/** A spec with this operation alone, each view of which is the whole image. Normalisation is left out. */
export function specAlone<Name extends OperationName>(alone: Omit<Alone<Name>, "planes">): ViewSpec {
  const { name, options, channels, size, drawn, mean, channelNames } = alone;
  const image = {
    height: size,
    width: size,
    channels,
    dtype: "float32",
    ...(channelNames && { channelNames }),
  } as const;
  const operations = { [name]: operationSchemas[name].parse({ probability: 1, ...options }) };
  const spec = specFor(image, { views: drawn.length, size, operations });
  return mean === undefined ? spec : { ...spec, mean };
}

/** The views, [views][channels * size * size]. */
export function viewsAlone<Name extends OperationName>(alone: Alone<Name>): number[][] {
  const { name, channels, size, planes, drawn } = alone;
  const spec = specAlone(alone);
  const views = drawn.map((one) => ({
    ...identityParameters(spec.image),
    values: one === null ? {} : { [name]: one },
  }));
  return tf.tidy(() => {
    const packed = packViews(spec, spec.groups[0] as ViewGroup, views);
    const parameters = { "views.global": tf.tensor2d(packed, [packed.length / views.length, views.length]) };
    const images = tf.transpose(tf.tensor4d([...planes], [1, channels, size, size]), [0, 2, 3, 1]);
    const out = applyViews(images, parameters, spec).global as tf.Tensor4D;
    return out.reshape([views.length, channels * size * size]).arraySync() as number[][];
  });
}
