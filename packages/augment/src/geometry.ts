/**
 * The geometric half of the views: rotation, crop, resize, flips and quarter turns. Everything but the free rotation is
 * two matrix products a view, which makes anti-aliasing free. Images and views are planes here, [channels, n, height, width]:
 * channels first, so that a per-view matrix or factor broadcasts over them and a channel is one block of memory.
 */
import { gridSample } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import { clamp01 } from "./clamp.ts";
import { resampleMatrices } from "./resample.ts";
import { column, type Rows } from "./rows.ts";
import { rangeOf, type ViewSpec } from "./spec.ts";

/**
 * Crops, resizes and flips: planes [c, b, h, w] to [c, views * b, size, size], view-major, white brought to 1.
 */
export function cutViews(planes: tf.Tensor4D, rows: Rows, spec: ViewSpec): tf.Tensor4D {
  const { rotation, quarterTurn } = rows.group.operations;
  const views = rotation === undefined ? cutStraight(planes, rows, spec) : cutRotated(planes, rows, spec);
  const clamped = needsClamp(rows, spec) ? (clamp01(views) as tf.Tensor4D) : views;
  return quarterTurn === undefined ? clamped : transposeSome(clamped, rows);
}

// all views of one image share it as the right factor of one product: [b, views * size, h] . [c, b, h, w]
function cutStraight(planes: tf.Tensor4D, rows: Rows, spec: ViewSpec): tf.Tensor4D {
  const { views, size } = rows.group;
  const [channels, batch, height, width] = planes.shape;
  const { vertical, horizontal } = matrices(rows, spec);
  const byImage = tf.transpose(tf.reshape(vertical, [views, batch, size, height]), [1, 0, 2, 3]);
  const left = tf.reshape(byImage, [1, batch, views * size, height]);
  const strips = tf.reshape(tf.matMul(left, planes), [channels, batch, views, size, width]);
  const byView = tf.reshape(tf.transpose(strips, [0, 2, 1, 3, 4]), [channels, views * batch, size, width]);
  return tf.matMul(byView, tf.expandDims(horizontal, 0), false, true) as tf.Tensor4D;
}

// each view has its own rotated image; view by view, so that one rotated batch is alive at a time
function cutRotated(planes: tf.Tensor4D, rows: Rows, spec: ViewSpec): tf.Tensor4D {
  const { views } = rows.group;
  const [, batch, height, width] = planes.shape;
  const { vertical, horizontal } = matrices(rows, spec);
  const grid = rotationGrid(rows, height, width);
  const images = tf.transpose(planes, [1, 0, 2, 3]);
  const parts: tf.Tensor[] = [];
  for (let view = 0; view < views; view++) {
    const own = (tensor: tf.Tensor): tf.Tensor =>
      tf.slice(tensor, [view * batch, ...tensor.shape.slice(1).fill(0)], [batch, ...tensor.shape.slice(1)]);
    const turned = gridSample(images, own(grid), { mode: "bilinear", paddingMode: "zeros", alignCorners: false });
    const strips = tf.matMul(tf.expandDims(own(vertical), 0), tf.transpose(turned, [1, 0, 2, 3]));
    parts.push(tf.matMul(strips, tf.expandDims(own(horizontal), 0), false, true));
  }
  return tf.concat(parts, 1) as tf.Tensor4D;
}

function matrices(rows: Rows, spec: ViewSpec): { vertical: tf.Tensor3D; horizontal: tf.Tensor3D } {
  const { layout, group } = rows;
  const { image, interpolation } = spec;
  const field = (index: number): tf.Tensor => column(rows, index);
  const common = { to: group.size, interpolation };
  const [black, white] = rangeOf(image);
  return {
    vertical: resampleMatrices(
      { start: field(layout.top), length: field(layout.height), flip: field(layout.flipY) },
      { ...common, from: image.height, gain: 1 / (white - black) },
    ),
    horizontal: resampleMatrices(
      { start: field(layout.left), length: field(layout.width), flip: field(layout.flipX) },
      { ...common, from: image.width, gain: 1 },
    ),
  };
}

// Where each pixel of a counter-clockwise rotated image comes from, for gridSample: [views * b, h, w, 2]. With the origin at
// the centre and y down, (x, y) comes from (cos x - sin y, sin x + cos y).
function rotationGrid(rows: Rows, height: number, width: number): tf.Tensor4D {
  const cos = column(rows, rows.layout.cos);
  const sin = column(rows, rows.layout.sin);
  const x = tf.reshape(tf.range((1 - width) / 2, width / 2, 1, "float32"), [1, 1, width]);
  const y = tf.reshape(tf.range((1 - height) / 2, height / 2, 1, "float32"), [1, height, 1]);
  const fromX = tf.sub(tf.mul(cos, tf.mul(x, 2 / width)), tf.mul(sin, tf.mul(y, 2 / width)));
  const fromY = tf.add(tf.mul(sin, tf.mul(x, 2 / height)), tf.mul(cos, tf.mul(y, 2 / height)));
  return tf.stack([fromX, fromY], 3) as tf.Tensor4D;
}

function transposeSome(views: tf.Tensor4D, rows: Rows): tf.Tensor4D {
  const turned = tf.greater(column(rows, rows.layout.transpose), 0.5);
  return tf.where(turned, tf.transpose(views, [0, 1, 3, 2]), views) as tf.Tensor4D;
}

// Keys' cubic overshoots. Photometry works on [0, 1]; without any, floats are left as they are and bytes are not, as torchvision has it.
function needsClamp({ group }: Rows, { image, interpolation }: ViewSpec): boolean {
  if (interpolation !== "bicubic") return false;
  const { colorJitter, grayscale, solarize } = group.operations;
  return image.dtype === "uint8" || colorJitter !== undefined || grayscale !== undefined || solarize !== undefined;
}
