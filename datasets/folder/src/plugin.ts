/**
 * The plugin itself: options, index and decode under one name.
 */
import { defineDataset } from "@lejepa/contracts";
import { decodeImage, imageFormats, inspectImage, isImage } from "@lejepa/image";
import { indexFolder } from "./index-folder.ts";
import { folderOptions } from "./options.ts";
import { readSource, type ImageSource } from "./read-source.ts";

// raise when decoding the same file gives other pixels
const pixelVersion = 1;

/**
 * A folder of images: jpg, png, webp, tiff, gif and avif at any depth, classes from folders or a table; or the same in
 * Parquet files or WebDataset shards.
 * Errors: `index` throws LejepaError E_DATA; `decode` throws for a file that cannot be decoded.
 */
export const folder = defineDataset({
  id: "folder",
  title: "Folder of images",
  license: "whatever the images have",
  citation: "",
  module: import.meta.url,
  options: folderOptions,
  index: indexFolder,
  async decode({ source }, { options: { fit, background }, target }) {
    const depth = source["depth"] === 16 ? 16 : 8;
    return decodeImage(await readSource(source as ImageSource), { ...target, depth, fit, background });
  },
  pixelKey: ({ fit, background }) => ({ pixelVersion, fit, background }),
  formats: imageFormats,
  recognises: isImage,
  inspect: (path, request) => inspectImage(path, request),
  domain: {
    name: "natural",
    reason: "Nothing is known of the images: crops, flips and colour changes that suit photographs.",
  },
});
