/**
 * The geometric half of the views: crop, resize, flips, rotation, shear and quarter turns. Everything but the free rotation and shear is
 * two matrix products a view, which makes anti-aliasing free. Images and views are planes here, [channels, n, height, width]:
 * channels first, so that a per-view matrix or factor broadcasts over them and a channel is one block of memory.
 */
import type { Border } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { isAffine, marginSize, sampleAffine } from "./affine.ts";
import { clamp01 } from "./clamp.ts";
import type { Packed } from "./fields.ts";
import type { Fields } from "./operation.ts";
import { windowMargin } from "./operations/window-jitter.ts";
import { resampleMatrices } from "./resample.ts";
import { rangeOf, type ViewGroup, type ViewSpec } from "./spec.ts";

/** What views are cut from: planes [c, b, h, w]. */
export interface Sources {
  readonly images: tf.Tensor4D;
  /** Views of odd number are cut from these, where they are. */
  readonly partners?: tf.Tensor4D | undefined;
}

/**
 * Cuts views: planes [c, b, h, w] to [c, views * b, size, size], view-major, white brought to 1.
 */
export function cutViews(sources: Sources, packed: Packed, spec: ViewSpec): tf.Tensor4D {
  const { group } = packed;
  const { operations, size } = group;
  const fields = packed.fields("geometry");
  const affine = isAffine(operations);
  const margin = affine ? marginSize(size, operations) : size;
  const cut = cropAndResize(sources, packed, { spec, to: margin });
  const views = affine ? sampleAffine(cut, fields, size) : cut;
  const clamped = needsClamp(group, spec) ? (clamp01(views) as tf.Tensor4D) : views;
  return operations.quarterTurn === undefined ? clamped : transposeSome(clamped, fields);
}

interface CutOptions {
  readonly spec: ViewSpec;
  /** Width and height of what is cut: the view's, or larger about the same centre. */
  readonly to: number;
}

function cropAndResize({ images, partners }: Sources, packed: Packed, options: CutOptions): tf.Tensor4D {
  const { to } = options;
  const { views } = packed.group;
  const [channels, batch, height, width] = images.shape;
  const { vertical, horizontal } = matrices(packed, options);
  const rows = tf.reshape(vertical, [views, batch, to, height]) as tf.Tensor4D;
  const strips = partners === undefined || views === 1 ? cutRows(rows, images) : cutRowsOfTwo(rows, images, partners);
  const byView = tf.reshape(strips, [channels, views * batch, to, width]);
  return tf.matMul(byView, tf.expandDims(horizontal, 0), false, true) as tf.Tensor4D;
}

// all views of one image share it as the right factor of one product: [b, views * to, h] . [c, b, h, w]; to [c, views, b, to, w]
function cutRows(rows: tf.Tensor4D, planes: tf.Tensor4D): tf.Tensor5D {
  const [views, batch, to, height] = rows.shape;
  const [channels, , , width] = planes.shape;
  const left = tf.reshape(tf.transpose(rows, [1, 0, 2, 3]), [1, batch, views * to, height]);
  const strips = tf.reshape(tf.matMul(left, planes), [channels, batch, views, to, width]);
  return tf.transpose(strips, [0, 2, 1, 3, 4]) as tf.Tensor5D;
}

// even views of the images, odd ones of their partners, back in the views' order
function cutRowsOfTwo(rows: tf.Tensor4D, images: tf.Tensor4D, partners: tf.Tensor4D): tf.Tensor {
  const views = rows.shape[0];
  const numbers = Array.from({ length: views }, (_, view) => view);
  const of = (odd: number): tf.Tensor4D => tf.gather(rows, indices(numbers.filter((view) => view % 2 === odd)));
  const both = tf.concat([cutRows(of(0), images), cutRows(of(1), partners)], 1);
  const [channels, , batch, to, width] = both.shape as [number, number, number, number, number];
  const evens = Math.ceil(views / 2);
  const places = indices(numbers.map((view) => (view % 2) * evens + (view >> 1)));
  return tf.gather(tf.reshape(both, [channels, views, batch * to * width]), places, 1);
}

const indices = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

function matrices(
  packed: Packed,
  { spec, to }: CutOptions,
): { readonly vertical: tf.Tensor3D; readonly horizontal: tf.Tensor3D } {
  const { image, interpolation } = spec;
  const { size } = packed.group;
  const fields = packed.fields("geometry");
  const border = borderOf(packed.group, spec);
  const axis = (side: "height" | "width", gain: number): tf.Tensor3D => {
    const [first, flip] = side === "height" ? ["top", "flipY"] : ["left", "flipX"];
    const length = fields.one(side);
    const start = fields.one(first as string);
    // the margin lies around the crop, at its scale
    const more = (to - size) / (2 * size);
    const crop = {
      start: more === 0 ? start : tf.sub(start, tf.mul(length, more)),
      length: more === 0 ? length : tf.mul(length, to / size),
      flip: fields.one(flip as string),
    };
    return resampleMatrices(crop, { from: image[side], to, interpolation, gain, ...(border && { border }) });
  };
  const [black, white] = rangeOf(image);
  return { vertical: axis("height", 1 / (white - black)), horizontal: axis("width", 1) };
}

// only views that can reach beyond the image need one
function borderOf({ operations }: ViewGroup, { border }: ViewSpec): Border | undefined {
  return isAffine(operations) || operations.zoomOut !== undefined ? border : undefined;
}

function transposeSome(views: tf.Tensor4D, fields: Fields): tf.Tensor4D {
  const turned = tf.greater(fields.one("transpose"), 0.5);
  return tf.where(turned, tf.transpose(views, [0, 1, 3, 2]), views) as tf.Tensor4D;
}

// Keys' cubic overshoots. Operations on values work on [0, 1]; without any, floats are left as they are and bytes are not, as torchvision has it.
// A window of the view's own decides what is black and white; another group's left more than that in the images.
function needsClamp(group: ViewGroup, { image, interpolation, groups }: ViewSpec): boolean {
  if (windowMargin([group]) > 0) return false;
  if (windowMargin(groups) > 0) return true;
  if (interpolation !== "bicubic") return false;
  return image.dtype === "uint8" || Object.keys(group.operations).length > 0;
}
