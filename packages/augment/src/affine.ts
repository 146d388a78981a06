/**
 * Rotation and shear of a view about the centre of its crop. The crop is first cut larger, so that corners show what is
 * there in the image; then it is sampled at the view's own scale, so that anti-aliasing is the crop's.
 */
import type { Operations } from "@lejepa/contracts";
import { gridSample } from "@lejepa/engine";
import * as tf from "@tensorflow/tfjs";
import type { Fields } from "./operation.ts";
import type { ViewParameters } from "./parameters.ts";

/** Whether views of a group are rotated or sheared by any angle. */
export function isAffine({ rotation, shear }: Operations): boolean {
  return rotation !== undefined || shear !== undefined;
}

/** Where a pixel at (x, y) from the centre, y down, is taken from: (xx x + xy y, yx x + yy y). */
export interface ViewMatrix {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

/** The inverse of torchvision's `affine(angle=-angle, shear=shear)` (whose angles are clockwise), without translation and scale. */
export function viewMatrix({ angle, shear: [x, y] }: Pick<ViewParameters, "angle" | "shear">): ViewMatrix {
  const turn = (-angle * Math.PI) / 180;
  const alongX = Math.tan((x * Math.PI) / 180);
  const alongY = (y * Math.PI) / 180;
  const cos = Math.cos(turn - alongY) / Math.cos(alongY);
  const sin = Math.sin(turn - alongY) / Math.cos(alongY);
  return { xx: -sin * alongX + Math.cos(turn), xy: cos * alongX + Math.sin(turn), yx: -sin, yy: cos };
}

/** Width and height of the larger crop from which every view of a group can be sampled; even or odd as `size`. */
export function marginSize(size: number, { rotation, shear }: Operations): number {
  const most = rotation?.degrees ?? 0;
  const sheared = shear === undefined ? [0] : [-shear.degrees, 0, shear.degrees];
  let reach = 1;
  for (let i = 0; i <= 32; i++) {
    for (const x of sheared) {
      for (const y of sheared) {
        const { xx, xy, yx, yy } = viewMatrix({ angle: (most * (i - 16)) / 16, shear: [x, y] });
        reach = Math.max(reach, Math.abs(xx) + Math.abs(xy), Math.abs(yx) + Math.abs(yy));
      }
    }
  }
  // and the neighbour that bilinear sampling reads
  return size + 2 * (Math.ceil(((size - 1) / 2) * (reach - 1)) + 1);
}

/**
 * Samples views [c, n, margin, margin] bilinearly: [c, n, size, size].
 *
 * @param fields `xx`, `xy`, `yx`, `yy`: the matrix of each view
 */
export function sampleAffine(views: tf.Tensor4D, fields: Fields, size: number): tf.Tensor4D {
  const margin = views.shape[2];
  const line = tf.range((1 - size) / 2, size / 2, 1, "float32");
  const x = tf.mul(tf.reshape(line, [1, 1, size]), 2 / margin);
  const y = tf.mul(tf.reshape(line, [1, size, 1]), 2 / margin);
  const fromX = tf.add(tf.mul(fields.one("xx"), x), tf.mul(fields.one("xy"), y));
  const fromY = tf.add(tf.mul(fields.one("yx"), x), tf.mul(fields.one("yy"), y));
  const grid = tf.stack([fromX, fromY], 3) as tf.Tensor4D;
  const images = tf.transpose(views, [1, 0, 2, 3]);
  // the margin holds every neighbour, so that the padding is never seen; this one takes half the time
  const options = { mode: "bilinear", paddingMode: "zeros", alignCorners: false } as const;
  return tf.transpose(gridSample(images, grid, options) as tf.Tensor4D, [1, 0, 2, 3]);
}
