/**
 * Ordinary image files for dataset plugins: decoded to the stored square, or looked at as they are. sharp is loaded when
 * the first image is.
 *
 *     const record = await decodeImage("a.jpg", { size: 64, channels: 3, depth: 8, fit: "crop", background: "black" });
 *
 * @module
 */
export { decodeImage, type DecodeImageOptions } from "./decode.ts";
export { imageExtensions, imageFormats, isImage } from "./formats.ts";
export { inspectImage, type InspectImageRequest } from "./inspect.ts";
export { imageDepth, type ImageInput } from "./open-image.ts";
