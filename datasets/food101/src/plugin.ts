/**
 * The plugin itself: options, index and decode under one name.
 */
import { defineDataset } from "@lejepa/contracts";
import { decodeImage } from "@lejepa/image";
import { indexFood } from "./index-food.ts";
import { food101Options } from "./options.ts";

// raise when decoding the same file gives other pixels
const pixelVersion = 1;

/**
 * Food-101: the official archive, or the folder unpacked from it, with its official train and test split.
 * Errors: `index` throws LejepaError E_DATA, or E_IO from a download; `decode` throws for a file that cannot be decoded.
 */
export const food101 = defineDataset({
  id: "food101",
  title: "Food-101",
  license: "images of Foodspotting, for research within the limits of fair use",
  citation:
    "L. Bossard, M. Guillaumin, L. Van Gool, Food-101 - Mining Discriminative Components with Random Forests, ECCV 2014.",
  module: import.meta.url,
  options: food101Options,
  index: indexFood,
  decode: ({ source }, { options: { fit }, target }) =>
    decodeImage(source.path, { ...target, depth: 8, fit, background: "black" }),
  pixelKey: ({ fit }) => ({ pixelVersion, fit }),
  domain: {
    name: "food",
    reason: "Photographs of dishes from above and aside: crops, mirror and colour changes, but no turning upside down.",
  },
});
