/**
 * Stored images as the float planes that the rest of this package works on.
 */
import { LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { type ImageForm, rangeOf } from "./spec.ts";

/**
 * [b, h, w, c] to [c, b, h, w] float32, between 0 for black and `white - black` for white. The last factor is left to the resize,
 * which has it for nothing. Clipped here, before neighbours are mixed.
 *
 * @param margin how far beyond black and white values are kept, as a share of the range between them
 * @throws LejepaError E_DTYPE when the tensor is not of the type that `dtype` means inside a traced function
 */
export function toPlanes(
  where: string,
  images: tf.Tensor,
  form: Pick<ImageForm, "dtype" | "range">,
  margin = 0,
): tf.Tensor4D {
  const { dtype } = form;
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
  const [black, white] = rangeOf(form);
  const planes = tf.transpose(tf.cast(images, "float32"), [3, 0, 1, 2]) as tf.Tensor4D;
  if (dtype === "uint8" && black === 0 && white >= 255) return planes;
  const above = black === 0 ? planes : tf.sub(planes, black);
  const span = white - black;
  const kept = margin === 0 ? tf.relu(above) : tf.maximum(above, -margin * span);
  return tf.minimum(kept, (1 + margin) * span) as tf.Tensor4D;
}
