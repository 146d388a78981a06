/**
 * Reads a window of an image: the blocks that it touches, from the cache or the file, and nothing else.
 */
import type { StoredArray } from "@lejepa/contracts";
import { createBlockCache } from "./block-cache.ts";
import { decompress, isSubsampled } from "./decompress.ts";
import { isInk, type TiffImage } from "./image.ts";
import { unreadable } from "./problem.ts";
import { readExactly, type ByteSource } from "./source.ts";
import { arrayOf, bandsInBlock, unpack } from "./unpack.ts";
import { unpackYcbcr } from "./ycbcr.ts";

/** Part of an image, pixels. */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A file, as far as reading blocks goes. */
export interface BlockFile {
  readonly key: string;
  readonly source: ByteSource;
}

const mostBytes = 1 << 28;
const defaultCacheBytes = 96 << 20;

/** Decoded blocks of this thread. */
export const blockCache = createBlockCache(defaultCacheBytes);

/** What to read. */
export interface WindowRequest {
  readonly window: Window;
  /** Bands, from 0, in the order wanted. */
  readonly bands: readonly number[];
  /** Bands of a pixel side by side, or band after band. */
  readonly order: "pixels" | "bands";
}

/**
 * Reads a window.
 *
 * @returns values as stored: `height * width * bands`, in the order asked for
 * @throws LejepaError E_DECODE for a window outside the image, or blocks that are missing or damaged
 */
export async function readWindow(file: BlockFile, image: TiffImage, request: WindowRequest): Promise<StoredArray> {
  checkWindow(image, request);
  return isInk(image) ? readInk(file, image, request) : readBands(file, image, request);
}

async function readBands(file: BlockFile, image: TiffImage, request: WindowRequest): Promise<StoredArray> {
  const { window, bands } = request;
  const out = arrayOf(image.dtype, window.width * window.height * bands.length);
  // band after band where they lie apart in the file
  const passes = image.planar
    ? bands.map((band, to) => ({ plane: band, pairs: [[0, to] as const] }))
    : [{ plane: 0, pairs: bands.map((band, to) => [band, to] as const) }];
  const [top, left] = [Math.floor(window.y / image.blockHeight), Math.floor(window.x / image.blockWidth)];
  for (const { plane, pairs } of passes) {
    for (let row = top; row * image.blockHeight < window.y + window.height; row++) {
      for (let column = left; column * image.blockWidth < window.x + window.width; column++) {
        const values = await readBlock(file, image, { row, column, plane });
        copy(values, out, { image, request, row, column, pairs });
      }
    }
  }
  return out;
}

async function readInk(file: BlockFile, image: TiffImage, request: WindowRequest): Promise<StoredArray> {
  const { window, bands, order } = request;
  const ink = await readBands(file, image, { window, bands: [0, 1, 2, 3], order: "pixels" });
  const pixels = window.width * window.height;
  const out = new Uint8Array(pixels * bands.length);
  for (let i = 0; i < pixels; i++) {
    const light = 255 - Number(ink[4 * i + 3]);
    for (const [to, band] of bands.entries()) {
      const value = band === 3 ? 255 : Math.floor((light * (255 - Number(ink[4 * i + band]))) / 255);
      out[order === "pixels" ? i * bands.length + to : to * pixels + i] = value;
    }
  }
  return out;
}

function checkWindow(image: TiffImage, { window, bands }: WindowRequest): void {
  const { name, width, height, samples } = image;
  const { x, y } = window;
  const inside =
    [x, y, window.width, window.height].every(Number.isInteger) &&
    x >= 0 &&
    y >= 0 &&
    window.width > 0 &&
    window.height > 0 &&
    x + window.width <= width &&
    y + window.height <= height;
  if (!inside)
    throw unreadable(
      name,
      `expected a window inside ${width} x ${height} pixels, got ${x},${y},${window.width},${window.height}`,
    );
  if (bands.some((band) => band < 0 || band >= samples))
    throw unreadable(name, `expected bands below ${samples}, got ${bands.join(", ")}`);
  const bytes = window.width * window.height * bands.length * arrayOf(image.dtype, 0).BYTES_PER_ELEMENT;
  if (bytes > mostBytes) {
    throw unreadable(
      name,
      `${Math.ceil(bytes / 2 ** 20)} MB are too much at once; ${mostBytes / 2 ** 20} are the most`,
      "Ask for a window, or for chips.",
    );
  }
}

interface BlockPlace {
  readonly row: number;
  readonly column: number;
  readonly plane: number;
}

async function readBlock(file: BlockFile, image: TiffImage, place: BlockPlace): Promise<StoredArray> {
  const index = (place.plane * image.down + place.row) * image.across + place.column;
  const offset = image.offsets[index] as number;
  const length = image.counts[index] as number;
  return blockCache.get(`${file.key}|${offset}|${length}|${image.dtype}|${image.blockHeight}`, async () => {
    const rows = Math.min(image.blockHeight, image.height - place.row * image.blockHeight);
    if (length === 0) return hole(image, rows);
    const bytes = await readExactly(file.source, offset, length, "pixels");
    const plain = await decompress(bytes, { image, rows });
    if (isSubsampled(image)) return unpackYcbcr(plain.bytes, image, rows);
    return unpack({ ...plain, own: image.compression !== 1 }, image);
  });
}

// GDAL leaves blocks out that hold nothing but nodata
function hole(image: TiffImage, rows: number): StoredArray {
  const values = arrayOf(image.dtype, rows * image.blockWidth * bandsInBlock(image));
  const { nodata } = image;
  if (nodata === undefined || nodata === 0) return values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) values.fill(BigInt(Math.trunc(nodata)));
  else values.fill(nodata);
  return values;
}

interface Copy {
  readonly image: TiffImage;
  readonly request: WindowRequest;
  readonly row: number;
  readonly column: number;
  /** From a band of the block to a band of the result. */
  readonly pairs: readonly (readonly [from: number, to: number])[];
}

function copy(values: StoredArray, out: StoredArray, { image, request, row, column, pairs }: Copy): void {
  const { window, bands, order } = request;
  const depth = bandsInBlock(image);
  const left = column * image.blockWidth;
  const top = row * image.blockHeight;
  const [x0, x1] = [Math.max(window.x, left), Math.min(window.x + window.width, left + image.blockWidth)];
  const [y0, y1] = [Math.max(window.y, top), Math.min(window.y + window.height, top + image.blockHeight)];
  const whole =
    order === "pixels" && pairs.length === depth && bands.length === depth && pairs.every(([from, to]) => from === to);
  const step = order === "pixels" ? bands.length : 1;
  const plane = order === "pixels" ? 1 : window.width * window.height;
  if (window.x === left && window.width === image.blockWidth && (whole || (depth === 1 && step === 1))) {
    // whole rows of the block are whole rows of the window
    const rows = (values as Uint8Array).subarray(
      (y0 - top) * image.blockWidth * depth,
      (y1 - top) * image.blockWidth * depth,
    );
    (out as Uint8Array).set(rows, (whole ? 0 : (pairs[0]?.[1] ?? 0) * plane) + (y0 - window.y) * window.width * step);
    return;
  }
  for (let y = y0; y < y1; y++) {
    const source = ((y - top) * image.blockWidth + x0 - left) * depth;
    const target = ((y - window.y) * window.width + x0 - window.x) * step;
    if (whole || (depth === 1 && step === 1)) {
      const to = whole ? target : target + (pairs[0]?.[1] ?? 0) * plane;
      (out as Uint8Array).set((values as Uint8Array).subarray(source, source + (x1 - x0) * depth), to);
      continue;
    }
    for (const [from, to] of pairs)
      copyBand(values, out, { count: x1 - x0, from: source + from, every: depth, to: target + to * plane, step });
  }
}

interface BandCopy {
  readonly count: number;
  readonly from: number;
  readonly every: number;
  readonly to: number;
  readonly step: number;
}

/**
 * Copies every so-manieth value. By size of the elements, in loops of their own: one loop over all types of arrays is ten times
 * slower, because the engine gives up on specialising it.
 */
function copyBand(values: StoredArray, out: StoredArray, band: BandCopy): void {
  if (values.BYTES_PER_ELEMENT === 1) copyBytes(bytesOf(values), bytesOf(out), band);
  else if (values.BYTES_PER_ELEMENT === 2) copyShorts(shortsOf(values), shortsOf(out), band);
  else if (values.BYTES_PER_ELEMENT === 4) copyWords(wordsOf(values), wordsOf(out), band);
  else copyPairs(wordsOf(values), wordsOf(out), band);
}

function bytesOf({ buffer, byteOffset, byteLength }: StoredArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function shortsOf({ buffer, byteOffset, byteLength }: StoredArray): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength >> 1);
}

function wordsOf({ buffer, byteOffset, byteLength }: StoredArray): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}

function copyBytes(values: Uint8Array, out: Uint8Array, { count, from, every, to, step }: BandCopy): void {
  for (let i = 0, a = from, b = to; i < count; i++, a += every, b += step) out[b] = values[a] as number;
}

function copyShorts(values: Uint16Array, out: Uint16Array, { count, from, every, to, step }: BandCopy): void {
  for (let i = 0, a = from, b = to; i < count; i++, a += every, b += step) out[b] = values[a] as number;
}

function copyWords(values: Uint32Array, out: Uint32Array, { count, from, every, to, step }: BandCopy): void {
  for (let i = 0, a = from, b = to; i < count; i++, a += every, b += step) out[b] = values[a] as number;
}

// 64 bits as two halves, which no conversion of a number can change
function copyPairs(values: Uint32Array, out: Uint32Array, { count, from, every, to, step }: BandCopy): void {
  for (let i = 0, a = 2 * from, b = 2 * to; i < count; i++, a += 2 * every, b += 2 * step) {
    out[b] = values[a] as number;
    out[b + 1] = values[a + 1] as number;
  }
}
