/**
 * Makes all views of a batch: the device half. Pure and traceable; shapes depend on the spec and the batch alone, values on
 * the packed parameters. First the geometry (crop and resize, rotation and shear, flips, quarter turns), then the operations on values in
 * the order of `operationNames`, then normalisation.
 */
import { expectShape, LejepaError } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { openPacked, type Packed } from "./fields.ts";
import { cutViews, type Sources } from "./geometry.ts";
import { unweigh, weigh } from "./masks.ts";
import { windowMargin } from "./operations/window-jitter.ts";
import { inputName, masksInput, partnerMasksInput, partnersInput } from "./parameters.ts";
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
 * @param parameters by the names of `viewSignature` (masks and partners among them, where images have any); other entries are ignored
 * @throws LejepaError E_SHAPE, E_DTYPE when images or parameters do not fit the spec
 */
export function applyViews(
  images: tf.Tensor,
  parameters: Readonly<Record<string, tf.Tensor>>,
  spec: ViewSpec,
): Partial<Record<GroupName, tf.Tensor4D>> {
  const { height, width, channels, masked } = spec.image;
  expectShape("applyViews", "images", images, [null, height, width, channels]);
  const batch = images.shape[0] as number;
  const planes = planesOf(images, parameters, spec);
  const masks = masked ? masksOf(parameters, [batch, height, width], spec) : undefined;
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

function planesOf(images: tf.Tensor, parameters: Parameters, { image, groups }: ViewSpec): Sources {
  const margin = windowMargin(groups);
  const planes = toPlanes("applyViews", images, image, margin);
  if (!image.paired) return { images: planes };
  const partners = expectInput(parameters, partnersInput);
  expectShape("applyViews", partnersInput, partners, images.shape);
  return { images: planes, partners: toPlanes("applyViews", partners, image, margin) };
}

// [1, b, h, w] of 0 and 1
function masksOf(parameters: Parameters, shape: readonly [number, number, number], { image }: ViewSpec): Sources {
  const read = (name: string): tf.Tensor4D => {
    const masks = expectInput(parameters, name);
    expectShape("applyViews", name, masks, shape);
    return tf.expandDims(tf.cast(masks, "float32"), 0) as tf.Tensor4D;
  };
  return { images: read(masksInput), ...(image.paired && { partners: read(partnerMasksInput) }) };
}

function makeViews(planes: Sources, packed: Packed, spec: ViewSpec): tf.Tensor4D {
  return viewMajor(standardise(changeValues(cutViews(planes, packed, spec), packed), spec.mean, spec.std), packed);
}

// Invalid pixels weigh nothing when neighbours are mixed. Where most of a pixel is invalid, operations see the mean of the channel, and the
// view is that mean: 0 after normalisation.
function makeMaskedViews(
  planes: Sources,
  masks: Sources,
  { packed, spec }: { readonly packed: Packed; readonly spec: ViewSpec },
): tf.Tensor4D {
  const range = rangeOf(spec.image);
  const partners = planes.partners && masks.partners && weigh(planes.partners, masks.partners, range);
  const cut = cutViews({ images: weigh(planes.images, masks.images, range), partners }, packed, spec);
  const { planes: views, valid } = unweigh(cut, spec.mean);
  return viewMajor(tf.mul(standardise(changeValues(views, packed), spec.mean, spec.std), valid), packed);
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
