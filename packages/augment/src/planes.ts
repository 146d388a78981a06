/**
 * Stored images as the float planes that the rest of this package works on.
 */
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import type { ImageForm } from "./spec.ts";

/**
 * [b, h, w, c] to [c, b, h, w] float32, values as they are.
 *
 * @throws LejepaError E_DTYPE when the tensor is not of the type that `dtype` means inside a traced function
 */
export function toPlanes(where: string, images: tf.Tensor, dtype: ImageForm["dtype"]): tf.Tensor4D {
  const wanted = dtype === "float32" ? "float32" : "int32";
  if (images.dtype !== wanted) {
    throw new LejepaError({
      code: "E_DTYPE",
      where,
      expected: `${wanted} images (of the input type ${dtype})`,
      got: images.dtype,
      hint: 'Say so in the signature of the program: dtype "uint8" inputs arrive as int32.',
    });
  }
  return tf.transpose(tf.cast(images, "float32"), [3, 0, 1, 2]) as tf.Tensor4D;
}
