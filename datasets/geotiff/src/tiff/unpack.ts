/**
 * From a block's bytes to its values: undoes the predictors, turns byte order, and unpacks samples of any number of bits,
 * half-precision and 24-bit floats. TIFF 6.0, sections 8 and 14; technical note 3 for predictor 3 and the short floats.
 */
import type { StoredArray } from "@lejepa/contracts";
import { rowBytes, type SampleType, type TiffImage } from "./image.ts";

const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** A new array of a sample type. */
export function arrayOf(dtype: SampleType, length: number): StoredArray {
  return new arrays[dtype](length);
}

/** Bands in a block. */
export function bandsInBlock({ planar, samples }: TiffImage): number {
  return planar ? 1 : samples;
}

/** Decompressed bytes of whole rows. */
export interface BlockBytes {
  readonly bytes: Uint8Array;
  /** Already in this machine's byte order, without predictor. */
  readonly native: boolean;
  /** Nobody else sees them: they may be changed in place. */
  readonly own: boolean;
}

/** The values of a block: rows of pixels with their bands (of one band, when planar). */
export function unpack(block: BlockBytes, image: TiffImage): StoredArray {
  const row = rowBytes(image);
  const rows = Math.floor(block.bytes.length / row);
  const length = rows * image.blockWidth * bandsInBlock(image);
  if (block.native) return view(aligned(block.bytes.subarray(0, rows * row), false), image.dtype, length);
  const source = block.bytes.subarray(0, rows * row);
  const bytes = image.fillOrder === 2 ? source.map(reversedBits) : source;
  if (image.bits % 8 !== 0) return unpackBits(bytes, image, length);
  const change = image.predictor !== 1 || swaps(image);
  const ordered = aligned(bytes, change && !block.own && image.fillOrder === 1);
  if (image.predictor === 3) undoFloatPredictor(ordered, image);
  else if (swaps(image)) swap(ordered, image.bits / 8);
  if (image.predictor === 2) undoDifferences(wordsOf(ordered, image.bits), image);
  if (image.bits === 24)
    return image.format === "float" ? shortFloats(ordered, length) : unpackBits(ordered, image, length);
  if (image.bits === 16 && image.format === "float") return halfFloats(ordered, length);
  return view(ordered, image.dtype, length);
}

function swaps({ littleEndian, bits, predictor }: TiffImage): boolean {
  return !littleEndian && bits > 8 && predictor !== 3;
}

// typed arrays need an offset that is a multiple of the element's size; the slice of a Buffer would be a view
function aligned(bytes: Uint8Array, copy: boolean): Uint8Array {
  return copy || bytes.byteOffset % 8 !== 0 ? Uint8Array.from(bytes) : bytes;
}

function view(bytes: Uint8Array, dtype: SampleType, length: number): StoredArray {
  return new arrays[dtype](bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array, bits: number): Words {
  if (bits === 8) return new Uint8Array(buffer, byteOffset, byteLength);
  if (bits === 16) return new Uint16Array(buffer, byteOffset, byteLength >> 1);
  return bits === 32
    ? new Uint32Array(buffer, byteOffset, byteLength >> 2)
    : new BigUint64Array(buffer as ArrayBuffer, byteOffset, byteLength >> 3);
}

function swap(bytes: Uint8Array, size: number): void {
  if (size === 3) {
    for (let i = 0; i + 2 < bytes.length; i += 3) {
      const first = bytes[i] as number;
      bytes[i] = bytes[i + 2] as number;
      bytes[i + 2] = first;
    }
    return;
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}

/** Predictor 2: each value is the difference to the same band of the pixel before; sums wrap around. */
function undoDifferences(words: Words, image: TiffImage): void {
  const step = bandsInBlock(image);
  const row = image.blockWidth * step;
  const undo = words instanceof Uint8Array ? addBytes : words instanceof Uint16Array ? addShorts : addLongs;
  for (let start = 0; start + row <= words.length; start += row) undo(words as never, start + step, start + row, step);
}

// a loop for each type, or the engine gives up on specialising it
function addBytes(words: Uint8Array, from: number, to: number, step: number): void {
  for (let i = from; i < to; i++) words[i] = (words[i] as number) + (words[i - step] as number);
}

function addShorts(words: Uint16Array, from: number, to: number, step: number): void {
  for (let i = from; i < to; i++) words[i] = (words[i] as number) + (words[i - step] as number);
}

function addLongs(words: Uint32Array | BigUint64Array, from: number, to: number, step: number): void {
  if (words instanceof BigUint64Array)
    for (let i = from; i < to; i++) words[i] = (words[i] as bigint) + (words[i - step] as bigint);
  else for (let i = from; i < to; i++) words[i] = (words[i] as number) + (words[i - step] as number);
}

/** Predictor 3: differences of bytes, the bytes of a row sorted by significance, highest first. Leaves little-endian values. */
function undoFloatPredictor(bytes: Uint8Array, image: TiffImage): void {
  const step = bandsInBlock(image);
  const row = rowBytes(image);
  const size = image.bits / 8;
  const count = image.blockWidth * step;
  const sums = new Uint8Array(row);
  for (let start = 0; start + row <= bytes.length; start += row) {
    for (let i = 0; i < step; i++) sums[i] = bytes[start + i] as number;
    for (let i = step; i < row; i++) sums[i] = (bytes[start + i] as number) + (sums[i - step] as number);
    for (let byte = 0; byte < size; byte++) {
      const from = (size - 1 - byte) * count;
      for (let i = 0, to = start + byte; i < count; i++, to += size) bytes[to] = sums[from + i] as number;
    }
  }
}

// samples from the highest bit on, each row starting at a byte; 24 bits too, as GDAL has it, whatever the byte order says
function unpackBits(bytes: Uint8Array, image: TiffImage, length: number): StoredArray {
  const { bits } = image;
  const out = arrayOf(image.dtype, length) as Uint8Array | Uint16Array | Uint32Array;
  const row = rowBytes(image);
  const count = image.blockWidth * bandsInBlock(image);
  const mask = 2 ** bits - 1;
  for (let y = 0; y * count < length; y++) {
    let [at, held, have] = [y * row, 0, 0];
    for (let i = 0; i < count; i++) {
      while (have < bits) {
        // of more than 24 bits the sum leaves 32
        held = bits > 24 ? (held % 2 ** have) * 256 + (bytes[at++] as number) : (held << 8) | (bytes[at++] as number);
        have += 8;
      }
      have -= bits;
      out[y * count + i] = bits > 24 ? Math.floor(held / 2 ** have) : (held >>> have) & mask;
    }
  }
  return out;
}

function reversedBits(byte: number): number {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) out |= ((byte >> bit) & 1) << (7 - bit);
  return out;
}

function tripleAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

let halves: Float32Array | undefined;

/** 1 sign, 5 exponent (bias 15), 10 fraction bits: IEEE 754 binary16. */
function halfFloats(bytes: Uint8Array, length: number): Float32Array {
  const table = (halves ??= Float32Array.from({ length: 65_536 }, (_, word) =>
    floatOf(word, { exponent: 5, fraction: 10 }),
  ));
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++)
    out[i] = table[(bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8)] as number;
  return out;
}

/** 1 sign, 7 exponent (bias 63), 16 fraction bits. */
function shortFloats(bytes: Uint8Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => floatOf(tripleAt(bytes, 3 * i), { exponent: 7, fraction: 16 }));
}

function floatOf(word: number, { exponent, fraction }: { exponent: number; fraction: number }): number {
  const sign = word >> (exponent + fraction) === 0 ? 1 : -1;
  const power = (word >> fraction) & ((1 << exponent) - 1);
  const part = (word & ((1 << fraction) - 1)) / 2 ** fraction;
  const bias = (1 << (exponent - 1)) - 1;
  if (power === 0) return sign * part * 2 ** (1 - bias);
  if (power === (1 << exponent) - 1) return part === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + part) * 2 ** (power - bias);
}
