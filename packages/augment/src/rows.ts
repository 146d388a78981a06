/**
 * Reading packed parameters inside a traced function. Not the packing (parameters.ts).
 */
import { expectShape } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { parameterLayout, type ParameterLayout } from "./parameters.ts";
import type { ViewGroup } from "./spec.ts";

/** The packed parameters of one group on the device. */
export interface Rows {
  readonly layout: ParameterLayout;
  readonly group: ViewGroup;
  readonly batch: number;
  /** `row(r)`: one field of all views, [views * batch]. */
  row(index: number): tf.Tensor1D;
}

/**
 * Checks and opens a packed matrix [fields, views * batch].
 *
 * @throws LejepaError E_SHAPE when it was packed for another group or batch
 */
export function openRows(packed: tf.Tensor, group: ViewGroup, batch: number): Rows {
  const layout = parameterLayout(group);
  const columns = group.views * batch;
  expectShape("applyViews", `parameters of the ${group.name} views`, packed, [layout.rows, columns]);
  const matrix = packed as tf.Tensor2D;
  return {
    layout,
    group,
    batch,
    row: (index) => tf.reshape(tf.slice(matrix, [index, 0], [1, columns]), [columns]),
  };
}

/** One field as [views * batch, 1, 1], to be broadcast over the channels and pixels of planes [c, views * batch, h, w]. */
export function column(rows: Rows, index: number): tf.Tensor3D {
  return tf.reshape(rows.row(index), [rows.group.views * rows.batch, 1, 1]);
}
