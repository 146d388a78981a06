/**
 * One frame as it is stored: every compression and byte order undone, nothing interpreted. What pydicom calls `pixel_array`.
 */
import type { StoredArray } from "@lejepa/contracts";
import type { ByteSource } from "./byte-source.ts";
import { decodeCompressed, interleave } from "./codecs.ts";
import { findFrames, readSpans, type FrameSpans } from "./fragments.ts";
import { imageAttributes, type ImageAttributes } from "./image-attributes.ts";
import { unusable } from "./problem.ts";
import type { DicomHeader, PixelElement } from "./read-header.ts";

/** Samples of one frame, [rows, columns, samples]. */
export interface StoredFrame {
  readonly data: Exclude<StoredArray, BigInt64Array | BigUint64Array>;
  /** How three samples are to be read; undefined for gray and palette. */
  readonly colours: "rgb" | "ybr" | undefined;
}

/** What reading the frames of a file needs; keeps nothing open. */
export interface PreparedPixels {
  readonly image: ImageAttributes;
  /** Reads one frame, from 0, of the same file. Rejects with LejepaError E_DECODE. */
  frame(index: number, source: ByteSource): Promise<StoredFrame>;
}

/**
 * Prepares reading frames.
 *
 * @throws LejepaError E_DECODE for what `imageAttributes` refuses, and for damaged fragments
 */
export async function preparePixels(header: DicomHeader, source: ByteSource): Promise<PreparedPixels> {
  const image = imageAttributes(header);
  const pixels = header.pixels as PixelElement;
  const encapsulated = pixels.length === undefined;
  if (encapsulated !== (header.syntax.codec !== "native")) {
    throw unusable(`has ${encapsulated ? "fragments" : "plain pixel data"} under ${header.syntax.name}`);
  }
  const read = encapsulated ? await prepareEncapsulated(header, source, image) : prepareNative(header, image);
  return {
    image,
    async frame(index, from) {
      if (Number.isInteger(index) && index >= 0 && index < image.frames) return read(index, from);
      throw unusable(`has ${image.frames} frames, numbered from 0; frame ${index} is none of them`);
    },
  };
}

type ReadFrame = (index: number, source: ByteSource) => Promise<StoredFrame>;

async function prepareEncapsulated(
  { dataSet, syntax, pixels }: DicomHeader,
  source: ByteSource,
  image: ImageAttributes,
): Promise<ReadFrame> {
  const { offset } = pixels as PixelElement;
  const fragmentIsFrame = syntax.codec === "rle";
  const spans = await findFrames({ source, offset, frames: image.frames, dataSet, fragmentIsFrame });
  return async (index, from) => {
    const encoded = await readSpans(from, spans[index] as FrameSpans);
    const { bytes, colours } = await decodeCompressed(encoded, image, syntax);
    return { data: asArray(bytes, image), colours: colourModel(image, colours) };
  };
}

function prepareNative(header: DicomHeader, image: ImageAttributes): ReadFrame {
  const { offset, length = 0, vr } = header.pixels as PixelElement;
  const layout = nativeLayout(image);
  return async (index, source) => {
    const pixels = await header.openPixels(source);
    const available = Math.min(length, pixels.size - offset);
    const needed = nativeBytes(image);
    if (needed > available) throw unusable(`has ${Math.max(0, available)} of the ${needed} bytes of its pixels`);
    const from = Math.floor((index * layout.bits) / 8);
    const to = Math.ceil(((index + 1) * layout.bits) / 8);
    const pairs = header.syntax.bigEndian && vr === "OW" && image.bitsAllocated === 8;
    const raw = await readExactly(pixels, offset, { from, to, pairs });
    if (image.bitsAllocated === 1) {
      const data = unpackBits(raw, (index * layout.bits) % 8, layout.bits);
      return { data, colours: colourModel(image, undefined) };
    }
    if (header.syntax.bigEndian) swap(raw, image.bitsAllocated / 8);
    const bytes = layout.subsampled ? from422(raw, image) : image.planar ? interleave(raw, image) : raw;
    return { data: asArray(bytes, image), colours: colourModel(image, undefined) };
  };
}

/** Bytes that uncompressed pixels take. Throws LejepaError E_DECODE for half the chrominance in odd columns. */
export function nativeBytes(image: ImageAttributes): number {
  return Math.ceil((nativeLayout(image).bits * image.frames) / 8);
}

// PS3.3 section C.7.6.3.1.2: with half the chrominance, two pixels are four samples
function nativeLayout(image: ImageAttributes): { bits: number; subsampled: boolean } {
  const subsampled = image.photometric === "YBR_FULL_422" || image.photometric === "YBR_PARTIAL_422";
  if (subsampled && image.columns % 2 === 1) throw unusable(`is ${image.photometric} with an odd number of columns`);
  const samples = image.rows * image.columns * (subsampled ? 2 : image.samples);
  return { bits: samples * image.bitsAllocated, subsampled };
}

// bytes of 16-bit words in big endian come in swapped pairs, which a frame may start in the middle of
async function readExactly(
  source: ByteSource,
  offset: number,
  { from, to, pairs }: { from: number; to: number; pairs: boolean },
): Promise<Uint8Array> {
  const [first, last] = pairs ? [from - (from % 2), to + (to % 2)] : [from, to];
  const read = new Uint8Array(await source.read(offset + first, last - first));
  const bytes = new Uint8Array(last - first);
  bytes.set(read);
  if (pairs) swap(bytes, 2);
  return bytes.slice(from - first, to - first);
}

function swap(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  if (size === 4) buffer.swap32();
  if (size === 8) buffer.swap64();
}

function unpackBits(packed: Uint8Array, skip: number, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = ((packed[(skip + i) >> 3] as number) >> ((skip + i) & 7)) & 1;
  return bits;
}

// Y Y Cb Cr of two pixels to Y Cb Cr of each
function from422(packed: Uint8Array, { bitsAllocated }: ImageAttributes): Uint8Array {
  if (bitsAllocated !== 8) throw unusable(`has ${bitsAllocated} bits and half the chrominance; 8 bits are read`);
  const full = new Uint8Array((packed.length / 2) * 3);
  for (let from = 0, to = 0; from + 3 < packed.length; from += 4, to += 6) {
    const [y1, y2, cb, cr] = packed.subarray(from, from + 4) as unknown as [number, number, number, number];
    full.set([y1, cb, cr, y2, cb, cr], to);
  }
  return full;
}

function asArray(bytes: Uint8Array, { bitsAllocated, signed, float }: ImageAttributes): StoredFrame["data"] {
  const whole = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset: at, byteLength: size } = whole;
  if (float)
    return bitsAllocated === 32 ? new Float32Array(buffer, at, size / 4) : new Float64Array(buffer, at, size / 8);
  if (bitsAllocated === 16)
    return signed ? new Int16Array(buffer, at, size / 2) : new Uint16Array(buffer, at, size / 2);
  if (bitsAllocated === 32)
    return signed ? new Int32Array(buffer, at, size / 4) : new Uint32Array(buffer, at, size / 4);
  // not `whole`, which may be a Buffer
  return signed ? new Int8Array(buffer, at, size) : new Uint8Array(buffer, at, size);
}

// a codestream that says what its colours are is believed: headers of recompressed files often were not updated
function colourModel(
  { samples, photometric }: ImageAttributes,
  said: "rgb" | "ybr" | undefined,
): StoredFrame["colours"] {
  if (samples === 1) return undefined;
  if (said !== undefined) return said;
  // decoders of JPEG 2000 undo its colour transformations
  return photometric === "RGB" || photometric === "YBR_ICT" || photometric === "YBR_RCT" ? "rgb" : "ybr";
}
