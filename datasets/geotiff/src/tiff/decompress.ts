/**
 * From the bytes of a block as they lie in the file to its bytes without compression. Every decoder knows how long its
 * output may be, and what is too short is an error: no block of a damaged file costs more than its own size.
 */
import { inflateSync } from "node:zlib";
import type { Compression } from "./formats.ts";
import { rowBytes, type TiffImage } from "./image.ts";
import { decodeJpeg } from "./jpeg.ts";
import { loadLerc, loadSharp, loadZstd } from "./load.ts";
import { decodeLzw } from "./lzw.ts";
import { decodePackBits } from "./packbits.ts";
import { unreadable } from "./problem.ts";

/** A block to decompress: its image, and how many of its rows lie in the image. */
export interface Block {
  readonly image: TiffImage;
  /** Rows that must be there. */
  readonly rows: number;
}

// deflate's own limit is 1032; a block that promises more is damaged, and its memory is not even asked for
const bestRatios: Partial<Record<Compression, number>> = { 1: 1, 5: 2048, 8: 1100, 32946: 1100, 32773: 128 };

/**
 * Decompresses a block.
 *
 * @returns bytes as they were compressed: `rows * rowBytes` or more, in the file's byte order unless `native`
 * @throws LejepaError E_DECODE for damaged or unsupported data
 */
export async function decompress(
  bytes: Uint8Array,
  block: Block,
): Promise<{ readonly bytes: Uint8Array; readonly native: boolean }> {
  const { image, rows } = block;
  const needed = neededBytes(block);
  const ratio = bestRatios[image.compression];
  if (ratio !== undefined && bytes.length * ratio < needed) throw tooShort(image, bytes.length * ratio, needed);
  const decoded = await decode(bytes, block, needed).catch((cause: unknown) => {
    throw unreadable(image.name, "A block is damaged", undefined, cause);
  });
  if (decoded.bytes.length < needed) throw tooShort(image, decoded.bytes.length, needed);
  return { bytes: decoded.bytes.subarray(0, Math.max(needed, rows * rowBytes(image))), native: decoded.native };
}

/** Bytes of the rows that must be there. With subsampled chroma a row of units holds several of pixels. */
function neededBytes({ image, rows }: Block): number {
  if (!isSubsampled(image)) return rows * rowBytes(image);
  const [across, down] = image.subsampling;
  return Math.ceil(rows / down) * Math.ceil(image.blockWidth / across) * (across * down + 2);
}

/** Whether pixels are stored in units of several brightnesses with one colour. */
export function isSubsampled({ photometric, compression, planar, bits }: TiffImage): boolean {
  return photometric === 6 && compression !== 7 && compression !== 50001 && !planar && bits === 8;
}

async function decode(
  bytes: Uint8Array,
  block: Block,
  needed: number,
): Promise<{ bytes: Uint8Array; native: boolean }> {
  const { image } = block;
  switch (image.compression) {
    case 1:
      return { bytes, native: false };
    case 5:
      return { bytes: decodeLzw(bytes, needed), native: false };
    case 32773:
      return { bytes: decodePackBits(bytes, needed), native: false };
    case 8:
    case 32946:
      return { bytes: inflate(bytes, image), native: false };
    case 50000:
      return { bytes: await decodeZstd(bytes, image), native: false };
    case 34887:
      return { bytes: await decodeLerc(bytes, image), native: true };
    case 7:
      return { bytes: await decodeJpeg(bytes, block), native: true };
    case 50001:
      return { bytes: await decodeWebp(bytes, image), native: true };
  }
}

// one buffer of the right size instead of many of zlib's own
function inflate(bytes: Uint8Array, image: TiffImage): Uint8Array {
  const most = rowBytes(image) * image.blockHeight;
  return inflateSync(bytes, { chunkSize: Math.max(64, most + 16), maxOutputLength: most + (1 << 16) });
}

async function decodeZstd(bytes: Uint8Array, image: TiffImage): Promise<Uint8Array> {
  const decoder = await loadZstd();
  const most = rowBytes(image) * image.blockHeight;
  const decoded = decoder.decode(bytes, most);
  // an error's number comes back as a length
  if (decoded.length > most || decoded.length === 0) throw new RangeError("Zstandard data is damaged");
  return decoded;
}

async function decodeLerc(bytes: Uint8Array, image: TiffImage): Promise<Uint8Array> {
  const lerc = await loadLerc();
  const most = rowBytes(image) * image.blockHeight;
  const plain =
    image.lercAddition === 1
      ? inflateSync(bytes, { maxOutputLength: 2 * most + (1 << 16) })
      : image.lercAddition === 2
        ? (await loadZstd()).decode(bytes, 2 * most + (1 << 16))
        : bytes;
  const { width, height, depthCount, bandCount } = lerc.getBlobInfo(plain);
  const samples = image.planar ? 1 : image.samples;
  if (width !== image.blockWidth || height > image.blockHeight || depthCount * bandCount !== samples) {
    throw new RangeError("LERC data of another size");
  }
  const { pixels, mask } = lerc.decode(plain, { returnInterleaved: true });
  const data = interleave(pixels, width * height);
  // as GDAL does: what LERC calls invalid is NaN where a value can be
  if (mask !== null && image.format === "float") {
    const depth = data.length / mask.length;
    for (let i = 0; i < data.length; i++) if (mask[Math.floor(i / depth)] === 0) data[i] = Number.NaN;
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

type LercPixels =
  Awaited<ReturnType<typeof loadLerc>> extends { decode(...args: never[]): { pixels: (infer P)[] } } ? P : never;

// LERC knows bands (blobs in a row) and depths (interleaved values)
function interleave(bands: readonly LercPixels[], size: number): LercPixels {
  const first = bands[0] as LercPixels;
  if (bands.length === 1) return first;
  const data = first.slice(0, 0).constructor as new (length: number) => LercPixels;
  const out = new data(size * bands.length);
  for (const [band, plane] of bands.entries()) {
    for (let i = 0; i < size; i++) out[i * bands.length + band] = plane[i] as number;
  }
  return out;
}

async function decodeWebp(bytes: Uint8Array, image: TiffImage): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const picture = sharp(bytes, { failOn: "error", limitInputPixels: image.blockWidth * image.blockHeight });
  const { data, info } = await (image.samples === 4 ? picture.ensureAlpha() : picture.removeAlpha())
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== image.blockWidth || info.channels !== image.samples)
    throw new RangeError("WebP data of another size");
  return data;
}

function tooShort({ name }: TiffImage, got: number, needed: number): Error {
  return unreadable(name, `A block has ${got} of ${needed} bytes`, "The file is truncated or damaged: fetch it again.");
}
