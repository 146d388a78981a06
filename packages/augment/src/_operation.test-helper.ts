/** One operation on values by itself (`applyOne`), or alone through the real parameters and the real graph (`viewsAlone`). */
import { type OperationName, operationSchemas, stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { specFor } from "./_fixture.test-helper.ts";
import { applyViews } from "./apply.ts";
import { openPacked } from "./fields.ts";
import type { Drawn } from "./operation.ts";
import type { ActiveOperation } from "./operations.ts";
import { identityParameters, layoutOf, packViews } from "./parameters.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";

/** Which operation, on which images. */
export interface OneOperation {
  readonly name: OperationName;
  readonly options?: object;
  readonly channels: number;
  readonly size: number;
  readonly range?: readonly [number, number];
  readonly channelNames?: readonly string[];
  readonly mean?: readonly number[];
}

/** A spec with this operation alone, each view of which is the whole image. Normalisation is left out. */
export function specOf({ name, options, size, mean, ...more }: OneOperation, views: number): ViewSpec {
  const operations = { [name]: operationSchemas[name].parse({ probability: 1, ...options }) };
  const spec = specFor({ height: size, width: size, dtype: "float32", ...more }, { size, views, operations });
  return { ...spec, ...(mean && { mean }) };
}

/** The operation with its settings; undefined if it cannot change such images. */
export function activeOf(one: OneOperation): ActiveOperation | undefined {
  const spec = specOf(one, 1);
  return layoutOf(spec, spec.groups[0] as ViewGroup).active[0];
}

/** Draws for views 0, 1, ... */
export function drawOne(one: OneOperation, views: number): Drawn[] {
  const active = activeOf(one);
  if (active === undefined) return Array.from({ length: views }, () => ({}));
  const { operation, options, form } = active;
  return Array.from({ length: views }, (_, view) => operation.draw(stream(3, "test", view), options, form));
}

/**
 * Applies it to views [views, channels, size, size], given flat; a view of which nothing was drawn should stay as it is.
 */
export function applyOne(
  one: OneOperation,
  drawn: readonly (Drawn | undefined)[],
  views: ArrayLike<number>,
): Float32Array {
  const { name, channels, size } = one;
  const count = drawn.length;
  const spec = specOf(one, count);
  const group = spec.groups[0] as ViewGroup;
  const parameters = drawn.map((values) => ({
    ...identityParameters(spec.image),
    values: values ? { [name]: values } : {},
  }));
  const packed = packViews(spec, group, parameters);
  return tf.tidy(() => {
    const { layout, fields } = openPacked(tf.tensor2d(packed, [packed.length / count, count]), spec, group, 1);
    const planes = tf.transpose(
      tf.tensor(Array.from(views), [count, channels, size, size]),
      [1, 0, 2, 3],
    ) as tf.Tensor4D;
    const [active] = layout.active;
    const out = active?.operation.apply(planes, fields(name), active.options, active.form) ?? planes;
    return tf.transpose(out, [1, 0, 2, 3]).dataSync() as Float32Array;
  });
}

/** An operation alone on one image. */
export interface Alone extends OneOperation {
  /** Planes [channels, size, size] of the image, in [0, 1]. */
  readonly planes: readonly number[];
  /** What was drawn for each view; null: it does not act. */
  readonly drawn: readonly (Drawn | null)[];
}

/** Whole images through `applyViews`, geometry included: [views][channels * size * size]. */
export function viewsAlone({ planes, drawn, ...one }: Alone): number[][] {
  const { name, channels, size } = one;
  const spec = specOf(one, drawn.length);
  const views = drawn.map((values) => ({
    ...identityParameters(spec.image),
    values: values === null ? {} : { [name]: values },
  }));
  return tf.tidy(() => {
    const packed = packViews(spec, spec.groups[0] as ViewGroup, views);
    const parameters = { "views.global": tf.tensor2d(packed, [packed.length / views.length, views.length]) };
    const images = tf.transpose(tf.tensor4d([...planes], [1, channels, size, size]), [0, 2, 3, 1]);
    const out = applyViews(images, parameters, spec).global as tf.Tensor4D;
    return out.reshape([views.length, channels * size * size]).arraySync() as number[][];
  });
}
