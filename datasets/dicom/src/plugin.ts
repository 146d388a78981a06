/**
 * The plugin itself: options, index, decode and inspect under one name.
 */
import { defineDataset } from "@lejepa/contracts";
import { decodeItem } from "./decode.ts";
import { indexDicom } from "./index-dicom.ts";
import { inspectFile } from "./inspect.ts";
import { dicomOptions } from "./options.ts";
import { looksLikeDicom } from "./start-of-file.ts";
import { formats } from "./transfer-syntaxes.ts";

// raise when decoding the same file gives other pixels
const pixelVersion = 1;

/**
 * DICOM images: radiographs, CT, MR, ultrasound. Errors: `index` rejects with LejepaError E_DATA; `decode` and `inspect` with
 * E_DECODE for a file that cannot be used, and E_IO for one that cannot be opened.
 */
export const dicom = defineDataset({
  id: "dicom",
  title: "DICOM images",
  license: "whatever the images have",
  citation: "",
  module: import.meta.url,
  options: dicomOptions,
  index: indexDicom,
  decode: decodeItem,
  pixelKey: ({ window, fit, neighbours }) => ({ pixelVersion, window, fit, neighbours }),
  formats,
  recognises: (head) => looksLikeDicom(head),
  inspect: inspectFile,
  domain: {
    name: "medical",
    reason:
      "Gray values and sides mean something: no colour changes, no inversion, no flips from top to bottom; small turns, crops, brightness, contrast and noise.",
  },
});
