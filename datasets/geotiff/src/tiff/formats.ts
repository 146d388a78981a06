/**
 * What is read and what is refused: compressions by the number of the Compression tag, and kinds of samples. The one place
 * that `decompress`, the refusals and `lejepa doctor` agree on.
 */
import type { FormatSupport } from "@lejepa/contracts";

/** Names of the compressions that are read, by tag value. */
export const compressionNames = {
  1: "None",
  5: "LZW",
  7: "JPEG",
  8: "Deflate",
  32773: "PackBits",
  32946: "Deflate (old tag)",
  34887: "LERC",
  50000: "Zstandard",
  50001: "WebP",
} as const;

/** A compression that is read. */
export type Compression = keyof typeof compressionNames;

const readBy: Readonly<Record<Compression, string>> = {
  1: "no decoder needed",
  5: "own decoder, also the variant before 1994",
  7: "sharp (libjpeg); other than 1, 3 or 4 components: geotiff",
  8: "zlib of Node",
  32773: "own decoder",
  32946: "zlib of Node",
  34887: "lerc, with Deflate or Zstandard on top",
  50000: "zstddec",
  50001: "sharp (libwebp)",
};

/** Compressions that are refused by name, with the reason. */
export const refusedCompressions: Readonly<Record<number, readonly [name: string, why: string]>> = {
  2: ["CCITT RLE", "a fax of one bit, no raster of measurements"],
  3: ["CCITT Group 3", "a fax of one bit, no raster of measurements"],
  4: ["CCITT Group 4", "a fax of one bit, no raster of measurements"],
  6: ["old-style JPEG", "withdrawn by the TIFF specification's supplement 2"],
  32771: ["CCITT RLE, word aligned", "a fax of one bit, no raster of measurements"],
  32809: ["ThunderScan", "no decoder under Node"],
  34661: ["JBIG", "no decoder under Node"],
  34676: ["SGILog", "no decoder under Node"],
  34677: ["SGILog24", "no decoder under Node"],
  34712: ["JPEG 2000", "no decoder under Node"],
  34925: ["LZMA", "no maintained decoder under Node"],
  50002: ["JPEG XL", "no decoder under Node"],
};

const samples: readonly FormatSupport[] = [
  {
    name: "Unsigned integer, 1 to 32 and 64 bits a sample",
    id: "SampleFormat 1",
    supported: true,
    by: "own unpacking",
  },
  { name: "Signed integer, 8, 16, 32, 64 bits", id: "SampleFormat 2", supported: true, by: "own unpacking" },
  { name: "Floating point, 16, 24, 32, 64 bits", id: "SampleFormat 3", supported: true, by: "own unpacking" },
  {
    name: "Complex integer",
    id: "SampleFormat 5",
    supported: false,
    by: "a pixel has no single value: store magnitude and phase, or intensity",
  },
  {
    name: "Complex floating point",
    id: "SampleFormat 6",
    supported: false,
    by: "a pixel has no single value: store magnitude and phase, or intensity",
  },
];

/** Everything that `lejepa doctor` shows. */
export const formats: readonly FormatSupport[] = Object.freeze([
  ...Object.entries(compressionNames).map(([id, name]) => ({
    name,
    id,
    supported: true,
    by: readBy[Number(id) as Compression],
  })),
  ...Object.entries(refusedCompressions).map(([id, [name, by]]) => ({ name, id, supported: false, by })),
  ...samples,
]);

/** Whether a value of the Compression tag is one that is read. */
export function isCompression(value: number): value is Compression {
  return Object.hasOwn(compressionNames, value);
}
