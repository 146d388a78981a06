/**
 * The attributes of the image pixel module (PS3.3 section C.7.6.3), checked: what is outside of the standard or of what is
 * read is refused by name, before anything is allocated.
 */
import { decimal, text, unsigned } from "./attributes.ts";
import { unusable } from "./problem.ts";
import type { DicomHeader } from "./read-header.ts";

/** Photometric interpretations that are read. */
export const photometrics = [
  "MONOCHROME1",
  "MONOCHROME2",
  "PALETTE COLOR",
  "RGB",
  "YBR_FULL",
  "YBR_FULL_422",
  "YBR_PARTIAL_422",
  "YBR_ICT",
  "YBR_RCT",
] as const;

/** How samples stand for colours. */
export type Photometric = (typeof photometrics)[number];

/** What the pixels are. */
export interface ImageAttributes {
  readonly rows: number;
  readonly columns: number;
  /** Samples of a pixel: 1 or 3. */
  readonly samples: 1 | 3;
  readonly frames: number;
  readonly bitsAllocated: 1 | 8 | 16 | 32 | 64;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly photometric: Photometric;
  /** Samples of a colour lie in planes. */
  readonly planar: boolean;
  /** The values are floating point numbers. */
  readonly float: boolean;
}

// a frame's decoded bytes; 16384 x 8192 in 16 bit
const largestFrame = 256 << 20;
// decoders of compressed pixels work on 32-bit integers
const largestCompressed = 64 << 20;

/**
 * The image attributes of a header.
 *
 * @throws LejepaError E_DECODE naming what is missing or not supported
 */
export function imageAttributes({ dataSet, pixels, syntax }: DicomHeader): ImageAttributes {
  if (pixels === undefined) throw unusable("has no pixel data");
  const rows = required(unsigned(dataSet, "x00280010"), "Rows (0028,0010)");
  const columns = required(unsigned(dataSet, "x00280011"), "Columns (0028,0011)");
  const float = pixels.type !== "integer";
  const depth = float
    ? pixels.type === "float"
      ? 32
      : 64
    : required(unsigned(dataSet, "x00280100"), "Bits Allocated (0028,0100)");
  const bitsAllocated = allocated(depth, float);
  const samples = unsigned(dataSet, "x00280002") ?? 1;
  const { photometric, samples: checked } = colours(text(dataSet, "x00280004"), samples);
  const bitsStored = unsigned(dataSet, "x00280101") ?? bitsAllocated;
  if (bitsStored < 1 || bitsStored > bitsAllocated) {
    throw unusable(`has ${bitsStored} bits stored in ${bitsAllocated} bits allocated`);
  }
  const highBit = unsigned(dataSet, "x00280102") ?? bitsStored - 1;
  const image: ImageAttributes = {
    rows,
    columns,
    samples: checked,
    frames: frameCount(decimal(dataSet, "x00280008")),
    bitsAllocated,
    bitsStored: float ? bitsAllocated : bitsStored,
    // readers agree that a high bit that cannot be is not meant
    highBit: highBit < bitsStored - 1 || highBit >= bitsAllocated ? bitsStored - 1 : highBit,
    signed: unsigned(dataSet, "x00280103") === 1,
    photometric,
    planar: unsigned(dataSet, "x00280006") === 1 && checked === 3,
    float,
  };
  checkSize(image, syntax.codec !== "native");
  return image;
}

/** Bytes of one decoded frame. */
export function frameBytes({ rows, columns, samples, bitsAllocated }: ImageAttributes): number {
  return rows * columns * samples * Math.max(1, bitsAllocated / 8);
}

function required(value: number | undefined, name: string): number {
  if (value === undefined || value === 0) throw unusable(`has no ${name}`);
  return value;
}

function allocated(bits: number, float: boolean): ImageAttributes["bitsAllocated"] {
  if (bits === 1 || bits === 8 || bits === 16 || bits === 32 || (bits === 64 && float)) return bits;
  throw unusable(`has ${bits} bits allocated; integers of 1, 8, 16 and 32 bits are read`);
}

function colours(said: string | undefined, samples: number): { photometric: Photometric; samples: 1 | 3 } {
  if (samples !== 1 && samples !== 3) throw unusable(`has ${samples} samples a pixel; 1 and 3 are read`);
  const photometric = said === undefined ? (samples === 1 ? "MONOCHROME2" : "RGB") : said.trim();
  const known = photometrics.find((name) => name === photometric);
  if (known === undefined) {
    const retired = ["HSV", "ARGB", "CMYK", "YBR_PARTIAL_420", "XYB"].find((name) => name === photometric);
    throw unusable(`has ${retired ?? "an unknown"} photometric interpretation; ${photometrics.join(", ")} are read`);
  }
  const gray = known === "MONOCHROME1" || known === "MONOCHROME2" || known === "PALETTE COLOR";
  if (gray !== (samples === 1)) throw unusable(`is ${known} with ${samples} samples a pixel`);
  return { photometric: known, samples };
}

function frameCount(said: number | undefined): number {
  if (said === undefined) return 1;
  if (Number.isSafeInteger(said) && said >= 0 && said <= 1e7) return Math.max(1, said);
  throw unusable("has a Number of Frames (0028,0008) that cannot be");
}

function checkSize(image: ImageAttributes, compressed: boolean): void {
  const bytes = frameBytes(image);
  const samples = image.rows * image.columns * image.samples;
  if (bytes <= largestFrame && !(compressed && samples > largestCompressed)) return;
  throw unusable(
    `has frames of ${image.rows} x ${image.columns} x ${image.samples}, more than ${compressed ? "64 Mi samples when compressed" : "256 MiB"}`,
  );
}
