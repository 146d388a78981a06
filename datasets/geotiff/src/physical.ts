/**
 * From stored values to physical ones: colour maps, white-is-zero, scale and offset, decibels, spectral indices. Integers
 * that mean what they are stay integers.
 */
import type { PixelArray, PixelType, StoredArray } from "@lejepa/contracts";
import type { Band, Selection } from "./bands.ts";
import type { GeotiffOptions } from "./options.ts";
import type { PartPixels } from "./part-pixels.ts";
import { normalisedDifference } from "./spectral-indices.ts";
import type { TiffImage } from "./tiff/image.ts";

const arrays = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array } as const;
const whiteIsZero = 0;

/** Values with the mask, which may have grown. */
export interface Physical {
  readonly data: PixelArray;
  readonly dtype: PixelType;
  readonly mask: Uint8Array | undefined;
}

/**
 * Physical values of the channels and indices, side by side.
 *
 * @param parts on one grid
 * @param mask valid pixels so far; 0/0 of an index and decibels of 0 and less are masked besides
 */
export function physicalValues(
  parts: readonly PartPixels[],
  { channels, indices }: Selection,
  { options, mask }: { readonly options: GeotiffOptions; readonly mask: Uint8Array | undefined },
): Physical {
  const dtype = recordType(parts, channels, { options, derived: indices.length > 0 });
  const direct = options.decibels || indices.length > 0 ? undefined : directValues(parts, channels, dtype);
  if (direct !== undefined) return { data: direct, dtype, mask };
  const [{ width, height }] = parts as [PartPixels];
  const pixels = width * height;
  const depth = channels.length + indices.length;
  const data = new arrays[dtype](pixels * depth);
  for (const [at, band] of channels.entries()) fill(data, { at, depth }, readerOf(parts, band, options), pixels);
  for (const [i, { a, b }] of indices.entries()) {
    const [first, second] = [readerOf(parts, a, options), readerOf(parts, b, options)];
    fill(
      data,
      { at: channels.length + i, depth },
      (pixel) => normalisedDifference(first(pixel), second(pixel)),
      pixels,
    );
  }
  return { data, dtype, mask: dtype === "float32" ? withoutGaps(data, { depth, pixels, mask }) : mask };
}

/** The type that holds all channels without loss. */
function recordType(
  parts: readonly PartPixels[],
  channels: readonly Band[],
  { options, derived }: { options: GeotiffOptions; derived: boolean },
): PixelType {
  if (derived || options.decibels || channels.some(({ scale, offset }) => scale !== 1 || offset !== 0))
    return "float32";
  const types = channels.map(({ part, colour }) => (colour === undefined ? partOf(parts, part).image.dtype : "uint8"));
  if (types.every((type) => type === "uint8")) return "uint8";
  if (types.every((type) => type === "uint8" || type === "uint16")) return "uint16";
  return types.every((type) => type === "uint8" || type === "int8" || type === "int16") ? "int16" : "float32";
}

function partOf(parts: readonly PartPixels[], part: number): PartPixels {
  return parts.find((pixels) => pixels.part === part) as PartPixels;
}

/** The values as they were read, when they are what is wanted. */
function directValues(
  parts: readonly PartPixels[],
  channels: readonly Band[],
  dtype: PixelType,
): PixelArray | undefined {
  const [part] = parts as [PartPixels];
  const plain =
    parts.length === 1 &&
    part.image.dtype === dtype &&
    part.image.photometric !== whiteIsZero &&
    part.samples.length === channels.length &&
    channels.every(
      ({ index, colour, scale, offset }, i) =>
        index === part.samples[i] && colour === undefined && scale === 1 && offset === 0,
    );
  return plain ? (part.values as PixelArray) : undefined;
}

type Reader = (pixel: number) => number;

function readerOf(parts: readonly PartPixels[], band: Band, { decibels }: GeotiffOptions): Reader {
  const { values, samples, image } = partOf(parts, band.part);
  const step = samples.length;
  const sample = samples.indexOf(band.index);
  const stored = storedReader(values, step, sample);
  const seen = band.colour !== undefined ? colourReader(stored, image, band.colour) : brightReader(stored, image);
  const { scale, offset } = band;
  const scaled: Reader = scale === 1 && offset === 0 ? seen : (pixel) => seen(pixel) * scale + offset;
  return decibels ? (pixel) => (scaled(pixel) > 0 ? 10 * Math.log10(scaled(pixel)) : Number.NaN) : scaled;
}

function storedReader(values: StoredArray, step: number, sample: number): Reader {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    return (pixel) => Number(values[pixel * step + sample]);
  return (pixel) => values[pixel * step + sample] as number;
}

// colour maps have 16 bits, of which the upper 8 are seen
function colourReader(stored: Reader, { colorMap, bits }: TiffImage, colour: number): Reader {
  const start = colour * 2 ** bits;
  return (pixel) => ((colorMap as ArrayLike<number>)[start + stored(pixel)] as number) >> 8;
}

function brightReader(stored: Reader, { photometric, format, bits }: TiffImage): Reader {
  if (photometric !== whiteIsZero || format !== "unsigned") return stored;
  const most = 2 ** bits - 1;
  return (pixel) => most - stored(pixel);
}

function fill(data: PixelArray, { at, depth }: { at: number; depth: number }, reader: Reader, pixels: number): void {
  for (let i = 0; i < pixels; i++) data[i * depth + at] = reader(i);
}

/** Masks pixels with a value that is not finite, and puts 0 there. */
function withoutGaps(
  data: PixelArray,
  { depth, pixels, mask }: { depth: number; pixels: number; mask: Uint8Array | undefined },
): Uint8Array | undefined {
  let grown = mask;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value - value === 0) continue;
    grown = grown === mask ? (mask?.slice() ?? new Uint8Array(pixels).fill(1)) : grown;
    (grown as Uint8Array)[Math.floor(i / depth)] = 0;
    data[i] = 0;
  }
  return grown;
}
