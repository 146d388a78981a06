/**
 * The plugin itself: options, index, decode and inspect under one name.
 */
import { defineDataset, type FormatSupport } from "@lejepa/contracts";
import { decodeGalaxy } from "./decode.ts";
import { filters, isHdf5 } from "./hdf5.ts";
import { indexGalaxies } from "./index-galaxies.ts";
import { inspectGalaxy } from "./inspect.ts";
import { galaxy10Options } from "./options.ts";

// raise when decoding the same file gives other pixels
const pixelVersion = 1;

const formats: readonly FormatSupport[] = [
  { name: "HDF5, contiguous and chunked", id: "application/x-hdf5", supported: true, by: "h5wasm" },
  ...filters.map(({ id, name, supported }) => ({
    name: `HDF5 filter ${name}`,
    id: String(id),
    supported,
    by: supported ? "h5wasm" : "not in h5wasm: rewrite with h5repack -f GZIP=4",
  })),
];

/**
 * Galaxy10 (DECaLS or SDSS), or images of any HDF5 file of the same layout.
 * Errors: `index` throws LejepaError E_DATA, or E_IO from a download; `decode` throws for an image that cannot be read.
 */
export const galaxy10 = defineDataset({
  id: "galaxy10",
  title: "Galaxy10",
  license: "MIT (Galaxy10); images of the SDSS and the DESI Legacy Imaging Surveys, labels of Galaxy Zoo",
  citation:
    "H. W. Leung and J. Bovy, astroNN, MNRAS 483 (2019) 3255; M. Walmsley et al., Galaxy Zoo DECaLS, MNRAS 509 (2022) 3966; C. Lintott et al., Galaxy Zoo, MNRAS 389 (2008) 1179.",
  module: import.meta.url,
  options: galaxy10Options,
  index: indexGalaxies,
  decode: decodeGalaxy,
  pixelKey: ({ fit }) => ({ pixelVersion, fit }),
  formats,
  recognises: isHdf5,
  inspect: inspectGalaxy,
  domain: {
    name: "galaxy",
    reason:
      "The sky has no up and no mirror: any rotation and both flips. Colours are physics, and the object is small and centred: no hue changes, no solarisation, no crops much smaller than it.",
  },
});
