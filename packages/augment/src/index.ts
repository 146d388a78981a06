/**
 * Multi-crop views of a batch as one traced graph on the training device. Parameters are drawn on the host, a pure function of
 * (seed, epoch, item, view); pixels are changed on the device, with torchvision's definitions.
 *
 *     const spec = resolveViews(config, { height: 96, width: 96, channels: 3, dtype: "uint8", mean, std });
 *     const signature = { images: { shape: [b, 96, 96, 3], dtype: "uint8" }, ...viewSignature(spec, b) };
 *     const program = await engine.compile(({ images, ...views }) => applyViews(images, views, spec), signature);
 *     const { global, local } = await program.run({ images: pixels, ...drawViews(spec, { seed, epoch, items }) });
 *
 * @module
 */
export { applyViews } from "./apply.ts";
export { type DrawOneOptions, type DrawOptions, drawView, drawViews } from "./draw.ts";
export { normaliseImages, type NormaliseOptions } from "./normalise.ts";
export {
  identityParameters,
  type InputSignature,
  packViews,
  type ViewParameters,
  viewSignature,
} from "./parameters.ts";
export { resolveViews, type StoredImages, type ViewConfig } from "./resolve.ts";
export type { Drawn } from "./operation.ts";
export type { GroupName, ImageForm, Range, ViewGroup, ViewSpec } from "./spec.ts";
export { viewWords } from "./words.ts";
