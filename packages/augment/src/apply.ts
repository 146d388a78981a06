/**
 * Makes all views of a batch: the device half. Pure and traceable; shapes depend on the spec and the batch alone, values on
 * the packed parameters. First the geometry (crop and resize, rotation and shear, flips, quarter turns), then the operations on values in
 * the order of `operationNames`, then normalisation.
 */
import { expectShape, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { openPacked, type Packed } from "./fields.ts";
import { cutViews } from "./geometry.ts";
import { inputName, masksInput } from "./parameters.ts";
import { standardise } from "./photometry.ts";
import { toPlanes } from "./planes.ts";
import { type GroupName, rangeOf, type ViewSpec } from "./spec.ts";

/**
 * Views of a batch, normalised: each group as [views * batch, channels, size, size] float32, view-major (row v * batch + i is
 * view v of image i).
 *
 *     const signature = { images: { shape: [b, h, w, 3], dtype: "uint8" }, ...viewSignature(spec, b) };
 *     const program = await engine.compile(({ images, ...views }) => applyViews(images, views, spec), signature);
 *     await program.run({ images: pixels, ...drawViews(spec, { seed, epoch, items }) });
 *
 * @param images [batch, height, width, channels], int32 or float32 as `spec.image` says
 * @param parameters by the names of `viewSignature` (masks among them, where images have any); other entries are ignored
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
  const batch = images.shape[0] as number;
  const masks = spec.image.masked ? expectMasks(parameters, [batch, height, width]) : undefined;
  const out: Partial<Record<GroupName, tf.Tensor4D>> = {};
  for (const group of spec.groups) {
    const packed = openPacked(expectInput(parameters, inputName(group)), spec, group, batch);
    out[group.name] =
      masks === undefined ? makeViews(planes, packed, spec) : makeMaskedViews(planes, masks, { packed, spec });
  }
  return out;
}

type Parameters = Readonly<Record<string, tf.Tensor>>;

function expectInput(parameters: Parameters, name: string): tf.Tensor {
  const input = parameters[name];
  if (input !== undefined) return input;
  throw new LejepaError({ code: "E_SHAPE", where: "applyViews", expected: `parameters named "${name}"`, got: "none" });
}

// [1, b, h, w] of 0 and 1
function expectMasks(parameters: Parameters, shape: readonly [number, number, number]): tf.Tensor4D {
  const masks = expectInput(parameters, masksInput);
  expectShape("applyViews", "masks", masks, shape);
  return tf.expandDims(tf.cast(masks, "float32"), 0) as tf.Tensor4D;
}

function makeViews(planes: tf.Tensor4D, packed: Packed, spec: ViewSpec): tf.Tensor4D {
  return viewMajor(standardise(changeValues(cutViews(planes, packed, spec), packed), spec.mean, spec.std), packed);
}

// Invalid pixels weigh nothing when neighbours are mixed. Where most of a pixel is invalid, operations see the mean of the channel, and the
// view is that mean: 0 after normalisation.
function makeMaskedViews(
  planes: tf.Tensor4D,
  masks: tf.Tensor4D,
  { packed, spec }: { readonly packed: Packed; readonly spec: ViewSpec },
): tf.Tensor4D {
  const [black, white] = rangeOf(spec.image);
  const weighed = tf.concat([tf.mul(planes, masks), tf.mul(masks, white - black)], 0) as tf.Tensor4D;
  const cut = cutViews(weighed, packed, spec);
  const { channels } = spec.image;
  const [views, share] = tf.split(cut, [channels, 1], 0) as [tf.Tensor4D, tf.Tensor4D];
  const valid = tf.cast(tf.greater(share, 0.5), "float32");
  const mean = tf.tensor(spec.mean as number[], [channels, 1, 1, 1]);
  const seen = tf.add(tf.mul(tf.div(views, tf.maximum(share, 1e-6)), valid), tf.mul(tf.sub(1, valid), mean));
  return viewMajor(tf.mul(standardise(changeValues(seen as tf.Tensor4D, packed), spec.mean, spec.std), valid), packed);
}

function changeValues(views: tf.Tensor4D, packed: Packed): tf.Tensor4D {
  let out = views;
  for (const { operation, options, form } of packed.layout.active)
    out = operation.apply(out, packed.fields(operation.name), options, form);
  return out;
}

// [c, b * views, size, size] to [views * b, c, size, size]
function viewMajor(planes: tf.Tensor4D, { group, batch }: Packed): tf.Tensor4D {
  const [channels, count, height, width] = planes.shape;
  const apart = tf.reshape(planes, [channels, batch, group.views, height, width]);
  return tf.reshape(tf.transpose(apart, [2, 1, 0, 3, 4]), [count, channels, height, width]);
}
