/**
 * The plugin itself: options, index and decode under one name.
 */
import { defineDataset } from "@lejepa/contracts";
import { decodeImage } from "./decode.ts";
import { indexFolder } from "./index-folder.ts";
import { folderOptions } from "./options.ts";

// raise when decoding the same file gives other pixels
const pixelVersion = 1;

/**
 * A folder of images: jpg, png, webp, tiff, gif and avif at any depth, classes from folders or a CSV file.
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
  decode: decodeImage,
  pixelKey: ({ fit, background }) => ({ pixelVersion, fit, background }),
  domain: {
    name: "natural",
    reason: "Nothing is known of the images: crops, flips and colour changes that suit photographs.",
  },
});
