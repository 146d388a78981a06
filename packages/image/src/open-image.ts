/**
 * Opens an image for decoding: from a file or from bytes, strictly, with a message of its own when it cannot be read.
 * What is done with the pixels is the caller's.
 */
import { readFileSync, statSync } from "node:fs";
import type { Metadata, Sharp, SharpOptions } from "sharp";
import type { Samples } from "./channels.ts";
import { plainJpeg } from "./jpeg-header.ts";
import { loadSharp } from "./load-sharp.ts";

/** A file's path, or the bytes of one. */
export type ImageInput = string | Uint8Array;

/** What decoding needs to know of an image beforehand. */
export type ImageHeader = Pick<
  Metadata,
  "format" | "width" | "height" | "depth" | "channels" | "space" | "hasAlpha" | "autoOrient" | "orientation" | "pages"
>;

const largestInMemory = 32 << 20;

/** How a header is read: `wholeHeader`, or `quickHeader` where little of it matters. */
type ReadHeader<Header> = (image: Sharp, input: ImageInput) => Promise<Header>;

/** All that sharp says. */
export const wholeHeader: ReadHeader<Metadata> = (image) => image.metadata();

/** What decoding needs; of a plain JPEG without asking sharp, which would open the bytes a second time. */
export const quickHeader: ReadHeader<ImageHeader> = async (image, input) => plainHeader(input) ?? image.metadata();

/**
 * Reads the header, refuses what would be misread, and hands the image to `use`.
 *
 * @throws Error, in one sentence without the file's path, for what cannot be decoded
 */
export async function openImage<Header extends ImageHeader, T>(
  input: ImageInput,
  { readHeader, ...options }: SharpOptions & { readonly readHeader: ReadHeader<Header> },
  use: (image: Sharp, header: Header) => Promise<T>,
): Promise<{ header: Header; result: T }> {
  const sharp = await loadSharp();
  try {
    const bytes = inMemory(input);
    // strict: with less, a compression that libvips lacks (Zstandard or LERC in a tiled TIFF) reads as black
    const image = sharp(bytes, { failOn: "warning", ...options });
    const header = await readHeader(image, bytes);
    checkBands(header);
    if (typeof bytes !== "string") checkClaim(header, bytes.length);
    return { header, result: await use(image, header) };
  } catch (cause) {
    const message = ownMessage((cause as Error).message);
    throw new Error(typeof input === "string" ? message.replaceAll(input, "the file") : message, { cause });
  }
}

/** Bits of an image's values by its header; undefined when it cannot be read. */
export async function imageDepth(input: ImageInput): Promise<8 | 16 | undefined> {
  const sharp = await loadSharp();
  const metadata = await sharp(input)
    .metadata()
    .catch(() => undefined);
  if (metadata === undefined) return undefined;
  return metadata.depth === "ushort" ? 16 : 8;
}

/** The colour space to work in: gray stays gray and 16 bits stay 16; everything else becomes sRGB. */
export function workingSpace({
  space,
  depth,
}: Pick<ImageHeader, "space" | "depth">): "b-w" | "grey16" | "srgb" | "rgb16" {
  const gray = isGray(space);
  if (depth === "ushort") return gray ? "grey16" : "rgb16";
  return gray ? "b-w" : "srgb";
}

/** Runs the pipeline and returns its samples at the depth of the file. */
export async function samplesOf(image: Sharp, { depth }: Pick<ImageHeader, "depth">): Promise<Samples> {
  const { data, info } = await image
    .raw({ depth: depth === "ushort" ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (depth !== "ushort") return { data, width, height, channels };
  return { data: new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2), width, height, channels };
}

// sharp opens its input twice, for header and pixels: cheaper from memory, unless the file is huge. Synchronously: decoding runs
// in a process of its own, where a promise costs more than most files
function inMemory(input: ImageInput): ImageInput {
  if (typeof input !== "string") return input;
  return statSync(input).size <= largestInMemory ? readFileSync(input) : input;
}

function plainHeader(input: ImageInput): ImageHeader | undefined {
  const plain = typeof input === "string" ? undefined : plainJpeg(input);
  if (plain === undefined) return undefined;
  const { width, height, components, orientation } = plain;
  const turned = orientation > 4;
  return {
    format: "jpeg",
    width,
    height,
    depth: "uchar",
    channels: components,
    space: components === 1 ? "b-w" : "srgb",
    hasAlpha: false,
    orientation,
    autoOrient: turned ? { width: height, height: width } : { width, height },
  };
}

// libvips lists its last messages, those of other images too; the last is this image's, unless it says nothing
function ownMessage(message: string): string {
  const lines = [...new Set(message.trim().split("\n"))];
  return lines.slice(/read error$/i.test(message.trim()) ? -2 : -1).join(", ");
}

function checkBands({ depth, channels, space, hasAlpha }: ImageHeader): void {
  if (depth !== "uchar" && depth !== "ushort") throw new TypeError(`has ${depth} values; only 8 and 16 bit are read`);
  const most = isGray(space) ? 1 : 4;
  if (channels - (hasAlpha ? 1 : 0) > most) throw new TypeError(`has ${channels} bands that are not colours`);
}

// deflate shrinks at most 1032 times, and a pixel has at least one bit: a PNG that claims more is damaged or a bomb, and
// would keep libvips busy for seconds before it says so
function checkClaim({ format, width, height }: ImageHeader, bytes: number): void {
  if (format !== "png" || (width * height) / 8 <= 1032 * bytes) return;
  throw new RangeError(`claims ${width} x ${height} pixels, more than ${bytes} bytes can hold`);
}

function isGray(space: string | undefined): boolean {
  return space === "b-w" || space === "grey16";
}
