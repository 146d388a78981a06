/**
 * Reading packed parameters inside a traced function. Not the packing (parameters.ts).
 */
import { expectShape } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { Fields } from "./operation.ts";
import { type Layout, layoutOf } from "./parameters.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";

/** The packed parameters of one group on the device. */
export interface Packed {
  readonly group: ViewGroup;
  readonly layout: Layout;
  readonly batch: number;
  /** The fields of `geometry`, or of an operation. */
  fields(owner: string): Fields;
}

/**
 * Checks and opens a packed matrix [rows, views * batch]. Inside, views are in the order of images, [batch * views]: an image's views share it
 * as one factor of a product, and only the finished views are put in the order of the outside.
 *
 * @throws LejepaError E_SHAPE when it was packed for another group or batch
 */
export function openPacked(packed: tf.Tensor, spec: ViewSpec, group: ViewGroup, batch: number): Packed {
  const layout = layoutOf(spec, group);
  const count = group.views * batch;
  expectShape("applyViews", `parameters of the ${group.name} views`, packed, [layout.rows, count]);
  const byImage = tf.transpose(tf.reshape(packed, [layout.rows, group.views, batch]), [0, 2, 1]);
  const ordered = tf.reshape(byImage, [layout.rows, count]) as tf.Tensor2D;
  const rows = (owner: string, name: string): tf.Tensor => {
    const place = layout.places[owner]?.[name];
    if (place === undefined) throw new RangeError(`no field ${name} of ${owner}`);
    return tf.slice(ordered, [place.row, 0], [place.rows, count]);
  };
  const fields = (owner: string): Fields => ({
    count,
    one: (name) => tf.reshape(rows(owner, name), [count, 1, 1]),
    many: (name) => tf.reshape(rows(owner, name), [-1, count, 1, 1]),
    flat: (name) => tf.reshape(rows(owner, name), [count]),
  });
  return { group, layout, batch, fields };
}
