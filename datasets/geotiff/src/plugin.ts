/**
 * The plugin itself: options, index, decode and inspect under one name.
 */
import { defineDataset } from "@lejepa/contracts";
import { decodeChip } from "./decode.ts";
import { indexScenes } from "./index-scenes.ts";
import { inspectFile } from "./inspect.ts";
import { geotiffOptions } from "./options.ts";
import { formats } from "./tiff/formats.ts";

// raise when decoding the same file gives other pixels
const pixelVersion = 1;

const optical = {
  name: "satellite-optical",
  reason:
    "Seen from above there is no up: flips and quarter turns are right. Values are measurements: no hue jitter, brightness and contrast band by band.",
};

const radar = {
  name: "satellite-sar",
  reason:
    "Radar draws its own speckle at every pass, and no sun or haze changes what it sees. Seen from above there is no up.",
};

/**
 * Rasters of satellites and aircraft: GeoTIFF, BigTIFF and cloud-optimised GeoTIFF, whole or as chips.
 * Errors: `index` throws LejepaError E_DATA; `decode` and `inspect` LejepaError E_DECODE, E_IO or E_DATA.
 */
export const geotiff = defineDataset({
  id: "geotiff",
  title: "GeoTIFF scenes",
  license: "whatever the scenes have",
  citation: "",
  module: import.meta.url,
  options: geotiffOptions,
  index: indexScenes,
  decode: decodeChip,
  pixelKey: ({ bands, sensor, indices, scale, offset, decibels, nodata, invalid, fit }) => ({
    pixelVersion,
    bands,
    sensor,
    indices,
    scale,
    offset,
    decibels,
    nodata,
    invalid,
    fit,
  }),
  formats,
  recognises: (head) => {
    const order = String.fromCharCode(...head.subarray(0, 2));
    const [first, second] = order === "II" ? [head[2], head[3]] : [head[3], head[2]];
    return (order === "II" || order === "MM") && (first === 42 || first === 43) && second === 0;
  },
  inspect: inspectFile,
  domain: optical,
  domainOf: ({ sensor, decibels }) => (sensor === "sentinel-1" || decibels ? radar : optical),
});
