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
 * Cuts views: planes [c, b, h, w] to [c, b * views, size, size], image by image, white brought to 1.
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
  const rows = tf.reshape(vertical, [batch, views, to, height]) as tf.Tensor4D;
  const strips = partners === undefined || views === 1 ? cutRows(rows, images) : cutRowsOfTwo(rows, images, partners);
  const byImage = tf.reshape(strips, [channels, batch * views, to, width]);
  return tf.matMul(byImage, tf.expandDims(horizontal, 0), false, true) as tf.Tensor4D;
}

// all views of one image share it as the right factor of one product: [b, views * to, h] . [c, b, h, w]; to [c, b, views * to, w]
function cutRows(rows: tf.Tensor4D, planes: tf.Tensor4D): tf.Tensor {
  const [batch, views, to, height] = rows.shape;
  return tf.matMul(tf.reshape(rows, [1, batch, views * to, height]), planes);
}

// even views of the images, odd ones of their partners, back in the views' order
function cutRowsOfTwo(rows: tf.Tensor4D, images: tf.Tensor4D, partners: tf.Tensor4D): tf.Tensor {
  const [batch, views, to] = rows.shape;
  const [channels, , , width] = images.shape;
  const numbers = Array.from({ length: views }, (_, view) => view);
  const cut = (odd: number, from: tf.Tensor4D): tf.Tensor => {
    const own = numbers.filter((view) => view % 2 === odd);
    const strips = cutRows(tf.gather(rows, indices(own), 1), from);
    return tf.reshape(strips, [channels * batch, own.length, to * width]);
  };
  const evens = Math.ceil(views / 2);
  const places = indices(numbers.map((view) => (view % 2) * evens + (view >> 1)));
  return tf.gather(tf.concat([cut(0, images), cut(1, partners)], 1), places, 1);
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
  const reaching = operations.zoomOut !== undefined || operations.redshift !== undefined;
  return isAffine(operations) || reaching ? border : undefined;
}

// products, because a selection costs more
function transposeSome(views: tf.Tensor4D, fields: Fields): tf.Tensor4D {
  const turned = fields.one("transpose");
  const kept = tf.mul(views, tf.sub(1, turned));
  return tf.add(kept, tf.mul(tf.transpose(views, [0, 1, 3, 2]), turned)) as tf.Tensor4D;
}

// Keys' cubic overshoots. Operations on values work on [0, 1]; without any, floats are left as they are and bytes are not, as torchvision has it.
// A window of the view's own decides what is black and white; another group's left more than that in the images.
function needsClamp(group: ViewGroup, { image, interpolation, groups }: ViewSpec): boolean {
  if (windowMargin([group]) > 0) return false;
  if (windowMargin(groups) > 0) return true;
  if (interpolation !== "bicubic") return false;
  return image.dtype === "uint8" || Object.keys(group.operations).length > 0;
}
