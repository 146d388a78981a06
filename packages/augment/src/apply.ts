/**
 * Makes all views of a batch: the device half. Pure and traceable; shapes depend on the spec and the batch alone, values on
 * the packed parameters. Order of the operations: rotation, crop and resize, quarter turn and flips, colour jitter, grayscale,
 * blur, solarize, normalise.
 */
import { expectShape, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { changeColours } from "./colour.ts";
import { cutViews } from "./geometry.ts";
import { inputName } from "./parameters.ts";
import { gaussianBlur, solarize, standardise } from "./photometry.ts";
import { openRows, type Rows } from "./rows.ts";
import { toPlanes } from "./planes.ts";
import type { GroupName, ViewSpec } from "./spec.ts";

/**
 * Views of a batch, normalised: each group as [views * batch, channels, size, size] float32, view-major (row v * batch + i is
 * view v of image i).
 *
 *     const signature = { images: { shape: [b, h, w, 3], dtype: "uint8" }, ...viewSignature(spec, b) };
 *     const program = await engine.compile(({ images, ...views }) => applyViews(images, views, spec), signature);
 *     await program.run({ images: pixels, ...drawViews(spec, { seed, epoch, items }) });
 *
 * @param images [batch, height, width, channels], int32 or float32 as `spec.image` says
 * @param parameters by the names of `viewSignature`; other entries are ignored
 * @throws LejepaError E_SHAPE, E_DTYPE when images or parameters do not fit the spec
 */
export function applyViews(
  images: tf.Tensor,
  parameters: Readonly<Record<string, tf.Tensor>>,
  spec: ViewSpec,
): Partial<Record<GroupName, tf.Tensor4D>> {
  const { height, width, channels } = spec.image;
  expectShape("applyViews", "images", images, [null, height, width, channels]);
  const planes = toPlanes("applyViews", images, spec.image);
  const out: Partial<Record<GroupName, tf.Tensor4D>> = {};
  for (const group of spec.groups) {
    const packed = parameters[inputName(group)];
    if (packed === undefined) {
      throw new LejepaError({
        code: "E_SHAPE",
        where: "applyViews",
        expected: `parameters named "${inputName(group)}"`,
        got: "none",
      });
    }
    out[group.name] = makeViews(planes, openRows(packed, group, images.shape[0] as number), spec);
  }
  return out;
}

function makeViews(planes: tf.Tensor4D, rows: Rows, spec: ViewSpec): tf.Tensor4D {
  const { gaussianBlur: blur, solarize: invert } = rows.group.operations;
  let views = changeColours(cutViews(planes, rows, spec), rows);
  if (blur !== undefined) views = gaussianBlur(views, rows.row(rows.layout.blurSigma), blur.kernelSize);
  if (invert !== undefined) views = solarize(views, rows, invert.threshold);
  return tf.transpose(standardise(views, spec.mean, spec.std), [1, 0, 2, 3]);
}
