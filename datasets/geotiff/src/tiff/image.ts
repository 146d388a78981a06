/**
 * One image of a TIFF file as this package needs it: sizes, blocks and sample types read off geotiff's parsed directory and
 * checked, so that what follows can allocate by them. No pixels.
 */
import type { ImageFileDirectory } from "geotiff";
import { compressionNames, isCompression, refusedCompressions, type Compression } from "./formats.ts";
import { unreadable } from "./problem.ts";

/** Type of a band's values, as NumPy calls it. */
export type SampleType =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64";

/** An image: the full one, an overview or a mask. */
export interface TiffImage {
  readonly name: string;
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bits: number;
  readonly format: "unsigned" | "signed" | "float";
  /** What pixels are stored as in memory. */
  readonly dtype: SampleType;
  readonly planar: boolean;
  readonly tiled: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** Blocks in a row, and rows of blocks; with `planar` as many again for each band. */
  readonly across: number;
  readonly down: number;
  readonly compression: Compression;
  readonly predictor: 1 | 2 | 3;
  readonly photometric: number;
  readonly fillOrder: 1 | 2;
  /** Of chroma, [across, down]; only for YCbCr. */
  readonly subsampling: readonly [number, number];
  readonly offsets: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
  /** Red, then green, then blue of each index, 16 bits. */
  readonly colorMap: ArrayLike<number> | undefined;
  readonly jpegTables: Uint8Array | undefined;
  /** 0 none, 1 Deflate, 2 Zstandard on top of LERC. */
  readonly lercAddition: number;
  /** 1 and 2: alpha; 0: a band of its own. */
  readonly extraSamples: readonly number[];
  readonly nodata: number | undefined;
  readonly kind: "image" | "overview" | "mask";
}

const mostSamples = 4096;
const largestBlock = 256 << 20;
const virtualStrip = 1 << 18;
const mostBlocks = 1 << 20;

/** Reads tags as numbers, whatever type a damaged header gives them. */
export interface Tags {
  number(tag: number, fallback: number): number;
  list(tag: number): ArrayLike<number> | undefined;
  text(tag: number): string | undefined;
}

/** The tags of a directory. */
export function tagsOf(directory: ImageFileDirectory): Tags {
  const value = (tag: number): unknown =>
    directory.hasTag(tag) ? (directory.getValue(tag as never) as unknown) : undefined;
  const list = (tag: number): ArrayLike<number> | undefined => {
    const found = value(tag);
    if (typeof found === "number") return [found];
    return typeof found === "object" && found !== null ? (found as ArrayLike<number>) : undefined;
  };
  return {
    list,
    number: (tag, fallback) => list(tag)?.[0] ?? fallback,
    text: (tag) => {
      const found = value(tag);
      return typeof found === "string" ? found.replace(/\0[^]*$/, "") : undefined;
    },
  };
}

/**
 * Describes the image of a directory.
 *
 * @throws LejepaError E_DECODE naming what is not supported, or which number cannot be
 */
export function describeImage(
  name: string,
  tags: Tags,
  order: { readonly littleEndian: boolean; readonly size: number },
): TiffImage {
  const whole = (tag: number, fallback: number, what: string, most = 0x7fffffff): number => {
    const value = tags.number(tag, fallback);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw unreadable(name, `Its ${what} is ${value}`);
  };
  const width = whole(256, 0, "width");
  const height = whole(257, 0, "height");
  const samples = whole(277, 1, "number of bands", mostSamples);
  const compression = compressionOf(name, tags);
  const { bits, format, dtype } = sampleTypeOf(name, tags, samples);
  const planar = samples > 1 && planarOf(name, tags);
  const tiled = tags.list(324) !== undefined || tags.list(322) !== undefined;
  const blockWidth = tiled ? whole(322, 0, "tile width") : width;
  const blockHeight = tiled
    ? whole(323, 0, "tile height")
    : Math.min(height, whole(278, height, "rows of a strip", 0xffffffff));
  const image: TiffImage = {
    name,
    littleEndian: order.littleEndian,
    width,
    height,
    samples,
    bits,
    format,
    dtype,
    planar,
    tiled,
    blockWidth,
    blockHeight,
    across: Math.ceil(width / blockWidth),
    down: Math.ceil(height / blockHeight),
    compression,
    predictor: predictorOf(name, tags, { compression, bits, format }),
    photometric: tags.number(262, samples === 1 ? 1 : 2),
    fillOrder: tags.number(266, 1) === 2 ? 2 : 1,
    subsampling: [tags.number(530, 2), tags.list(530)?.[1] ?? 2],
    offsets: [],
    counts: [],
    colorMap: tags.list(320),
    jpegTables: bytesOf(tags.list(347)),
    lercAddition: tags.list(50674)?.[1] ?? 0,
    extraSamples: Array.from(tags.list(338) ?? []),
    nodata: nodataOf(tags),
    kind: kindOf(tags),
  };
  return withBlocks(image, tags, order.size);
}

function compressionOf(name: string, tags: Tags): Compression {
  const value = tags.number(259, 1);
  if (isCompression(value)) return value;
  const known = refusedCompressions[value];
  throw unreadable(
    name,
    known === undefined
      ? `Compression ${value} is not known`
      : `${known[0]} compression is not supported (${known[1]})`,
    known === undefined ? undefined : "Convert it with gdal_translate -co COMPRESS=DEFLATE.",
  );
}

const integerTypes = [8, 16, 32, 64] as const;

function sampleTypeOf(name: string, tags: Tags, samples: number): Pick<TiffImage, "bits" | "format" | "dtype"> {
  const same = (tag: number, fallback: number, what: string): number => {
    const list = tags.list(tag) ?? [fallback];
    for (let i = 1; i < Math.min(list.length, samples); i++) {
      if (list[i] !== list[0]) throw unreadable(name, `Its bands differ in ${what} (${list[0]} and ${list[i]})`);
    }
    return list[0] ?? fallback;
  };
  const bits = same(258, 1, "bits a sample");
  const code = same(339, 1, "sample format");
  if (code === 5 || code === 6)
    throw unreadable(
      name,
      "Complex values are not supported: a pixel has no single value",
      "Store magnitude and phase as bands, or intensity.",
    );
  if (code === 3) {
    if (bits === 64) return { bits, format: "float", dtype: "float64" };
    if (bits === 16 || bits === 24 || bits === 32) return { bits, format: "float", dtype: "float32" };
  } else if (code === 2) {
    if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return { bits, format: "signed", dtype: `int${bits}` };
  } else if (code === 1 || code === 4) {
    const size = integerTypes.find((most) => bits <= most);
    // 33 to 63 bits never occur
    if (bits >= 1 && (bits <= 32 || bits === 64) && size !== undefined)
      return { bits, format: "unsigned", dtype: `uint${size}` };
  }
  throw unreadable(name, `Samples of ${bits} bits and format ${code} are not supported`);
}

function planarOf(name: string, tags: Tags): boolean {
  const value = tags.number(284, 1);
  if (value === 1 || value === 2) return value === 2;
  throw unreadable(name, `Its planar configuration is ${value}`);
}

function predictorOf(
  name: string,
  tags: Tags,
  { compression, bits, format }: Pick<TiffImage, "compression" | "bits" | "format">,
): 1 | 2 | 3 {
  // libtiff looks at the tag for these alone
  if (![5, 8, 32946, 50000].includes(compression)) return 1;
  const value = tags.number(317, 1);
  if (value === 1) return 1;
  const fits = value === 2 ? [8, 16, 32, 64].includes(bits) : value === 3 && format === "float";
  if (fits) return value as 2 | 3;
  throw unreadable(name, `Predictor ${value} with samples of ${bits} bits is not supported`);
}

function nodataOf(tags: Tags): number | undefined {
  const text = tags.text(42113)?.trim();
  if (text === undefined || text === "") return undefined;
  const value = /^[+-]?nan/i.test(text) ? Number.NaN : Number(text.replace(/^([+-]?)inf$/i, "$1Infinity"));
  return Number.isNaN(value) && !/nan/i.test(text) ? undefined : value;
}

function kindOf(tags: Tags): TiffImage["kind"] {
  const bitsOfKind = tags.number(254, 0);
  if ((bitsOfKind & 4) !== 0) return "mask";
  return (bitsOfKind & 1) !== 0 || tags.number(255, 1) === 2 ? "overview" : "image";
}

function bytesOf(list: ArrayLike<number> | undefined): Uint8Array | undefined {
  return list === undefined ? undefined : Uint8Array.from(list);
}

/** Adds where the blocks lie; cuts the strips of uncompressed images down to what a window needs. */
function withBlocks(image: TiffImage, tags: Tags, size: number): TiffImage {
  const { name, tiled, across, down, planar, samples, compression } = image;
  const needed = across * down * (planar ? samples : 1);
  // some writers put tiles under the tags of strips
  const offsets = (tiled ? tags.list(324) : undefined) ?? tags.list(273);
  const counts = (tiled ? tags.list(325) : undefined) ?? tags.list(279);
  if (offsets === undefined || offsets.length < needed) {
    throw unreadable(
      name,
      `It has ${offsets?.length ?? 0} of ${needed} ${tiled ? "tiles" : "strips"}`,
      "It is truncated or damaged.",
    );
  }
  if (counts !== undefined && counts.length < needed)
    throw unreadable(name, `It has ${counts.length} of ${needed} block sizes`);
  const known: TiffImage = { ...image, offsets, counts: counts ?? assumedCounts(image, offsets, size) };
  const blocks = compression === 1 && !tiled ? splitStrips(mergeStrips(known)) : known;
  if (blockBytes(blocks) <= largestBlock) return blocks;
  throw unreadable(
    name,
    `A block of it has ${Math.ceil(blockBytes(blocks) / (1 << 20))} MB decoded; ${largestBlock >> 20} are the most`,
    "Convert it with gdal_translate -co TILED=YES.",
  );
}

/** Bytes of a row of a block as stored, decompressed. */
export function rowBytes({ blockWidth, planar, samples, bits }: TiffImage): number {
  return Math.ceil((blockWidth * (planar ? 1 : samples) * bits) / 8);
}

/** Bytes of a whole block, decompressed. */
function blockBytes(image: TiffImage): number {
  return rowBytes(image) * image.blockHeight;
}

// StripByteCounts may be missing in files without compression
function assumedCounts(image: TiffImage, offsets: ArrayLike<number>, size: number): number[] {
  return Array.from(offsets, (offset) =>
    image.compression === 1 ? Math.min(blockBytes(image), Math.max(0, size - offset)) : Math.max(0, size - offset),
  );
}

/** Uncompressed strips that follow each other in the file are one: many files have a strip for each row. */
function mergeStrips(image: TiffImage): TiffImage {
  const { down, height, blockHeight, offsets, counts } = image;
  const bytes = rowBytes(image);
  const whole = (strip: number): number => Math.min(blockHeight, height - (strip % down) * blockHeight) * bytes;
  for (let strip = 0; strip < offsets.length && strip < counts.length; strip++) {
    if ((counts[strip] as number) !== whole(strip)) return image;
    const follows =
      strip % down === 0 || offsets[strip] === (offsets[strip - 1] as number) + (counts[strip - 1] as number);
    if (!follows) return image;
  }
  const planes = Array.from({ length: image.planar ? image.samples : 1 }, (_, plane) => plane);
  return {
    ...image,
    blockHeight: height,
    down: 1,
    offsets: planes.map((plane) => offsets[plane * down] as number),
    counts: planes.map(() => height * bytes),
  };
}

/** An uncompressed strip can be read in parts: a window of a scene in one strip must not read the whole scene. */
function splitStrips(image: TiffImage): TiffImage {
  const bytes = rowBytes(image);
  const rows = Math.max(1, Math.floor(virtualStrip / bytes));
  if (rows >= image.blockHeight) return image;
  // of several strips each must be cut evenly, or the next would not start at a multiple
  const height = image.down === 1 ? rows : largestDivisor(image.blockHeight, rows);
  const parts = image.down === 1 ? Number.POSITIVE_INFINITY : image.blockHeight / height;
  const planes = image.planar ? image.samples : 1;
  const down = Math.ceil(image.height / height);
  if (down * planes > mostBlocks) return image;
  const offsets = new Float64Array(down * planes);
  const counts = new Float64Array(down * planes);
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < down; row++) {
      const strip = plane * image.down + Math.floor(row / parts);
      const skipped = (row % parts) * height * bytes;
      const count = image.counts[strip] as number;
      offsets[plane * down + row] = (image.offsets[strip] as number) + skipped;
      // 0 means a hole, which the part of a strip that is too short is not
      counts[plane * down + row] = count === 0 ? 0 : Math.max(1, Math.min(count - skipped, height * bytes));
    }
  }
  return { ...image, blockHeight: height, down, offsets, counts };
}

function largestDivisor(of: number, most: number): number {
  for (let divisor = most; divisor > 1; divisor--) if (of % divisor === 0) return divisor;
  return 1;
}

/** Name of the compression as GDAL's users know it. */
export function compressionName({ compression }: TiffImage): string {
  return compressionNames[compression];
}

/** Cyan, magenta, yellow and black of 8 bits: read as RGB with a full alpha, as GDAL does. */
export function isInk({ photometric, samples, dtype, compression }: TiffImage): boolean {
  return photometric === 5 && samples === 4 && dtype === "uint8" && compression !== 7;
}
