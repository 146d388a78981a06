/**
 * Decodes one image file to the stored square: orientation from EXIF, colours to sRGB, transparency onto a background,
 * anti-aliased resize (Lanczos 3 when smaller, bicubic when larger), then channels and bits as wanted. Reads what sharp
 * reads at 8 and 16 bits; floating-point and 32-bit rasters are refused (they need a plugin that knows their units).
 */
import { readFileSync, statSync } from "node:fs";
import type { DatasetItem, DecodeContext, ImageRecord } from "@lejepa/contracts";
import type { Metadata, Sharp } from "sharp";
import { toChannels, toDepth, type Samples } from "./channels.ts";
import { type PlainJpeg, plainJpeg } from "./jpeg-header.ts";
import { loadSharp } from "./load-sharp.ts";
import type { FolderOptions } from "./options.ts";

const largestInMemory = 32 << 20;
const enlarged = "smaller than the stored size, enlarged";
const fits = { crop: "cover", squash: "fill", pad: "contain" } as const;

type Factory = Awaited<ReturnType<typeof loadSharp>>;

/** Decodes the item to `context.target` as uint8 or uint16, whichever the index chose. */
export async function decodeImage(
  item: DatasetItem,
  { options, target }: DecodeContext<FolderOptions>,
): Promise<ImageRecord> {
  const { size, channels } = target;
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new RangeError(`the folder dataset stores 1, 3 or 4 channels, not ${channels}`);
  }
  const { samples, note } = await readImage(item.source.path, { size, options, bands: channels === 4 });
  const data = toDepth(toChannels(samples, channels), item.source["depth"] === 16 ? 16 : 8);
  return {
    data,
    width: size,
    height: size,
    channels,
    dtype: data instanceof Uint16Array ? "uint16" : "uint8",
    ...(note === undefined ? {} : { note }),
  };
}

interface ReadOptions {
  readonly size: number;
  readonly options: FolderOptions;
  /** Keep a fourth band. */
  readonly bands: boolean;
}

interface ReadImage {
  readonly samples: Samples;
  readonly note: string | undefined;
}

async function readImage(path: string, { size, options, bands }: ReadOptions): Promise<ReadImage> {
  const sharp = await loadSharp();
  const input = inputOf(path);
  const plain = typeof input === "string" || bands ? undefined : plainJpeg(input);
  try {
    // strict: with less, a compression that libvips lacks (Zstandard or LERC in a tiled TIFF) reads as black
    const image = sharp(input, { failOn: "warning" });
    if (plain !== undefined) return await resizePlain(image, plain, { size, options });
    const metadata = await image.metadata();
    checkBands(metadata);
    const job = { metadata, size, options };
    const samples = bands ? await resizeBands(sharp, image, job) : await resize(image, job);
    return { samples, note: noteOn(metadata, size) };
  } catch (cause) {
    throw new Error(ownMessage((cause as Error).message), { cause });
  }
}

// sharp opens its input twice, for header and pixels: cheaper from memory, unless the file is huge. Synchronously: this runs in a
// process of its own, where a promise costs more than most files
function inputOf(path: string): Buffer | string {
  return statSync(path).size <= largestInMemory ? readFileSync(path) : path;
}

// nothing to ask of sharp, and nothing to convert
async function resizePlain(image: Sharp, plain: PlainJpeg, job: Omit<Resize, "metadata">): Promise<ReadImage> {
  const upright = plain.orientation === 1 ? image : image.autoOrient();
  const shaped = shape(upright, job);
  const pixels = (plain.components === 1 ? shaped.toColourspace("b-w") : shaped).raw();
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const note = Math.min(plain.width, plain.height) < job.size ? enlarged : undefined;
  return { samples: { data, width, height, channels }, note };
}

// libvips lists its last messages, those of other images too; the last is this image's, unless it says nothing
function ownMessage(message: string): string {
  const lines = [...new Set(message.trim().split("\n"))];
  return lines.slice(/read error$/i.test(message.trim()) ? -2 : -1).join(", ");
}

function checkBands({ depth, channels, space, hasAlpha }: Metadata): void {
  if (depth !== "uchar" && depth !== "ushort") throw new TypeError(`has ${depth} values; only 8 and 16 bit are read`);
  const most = isGray(space) ? 1 : 4;
  if (channels - (hasAlpha ? 1 : 0) > most) throw new TypeError(`has ${channels} bands that are not colours`);
}

function isGray(space: string | undefined): boolean {
  return space === "b-w" || space === "grey16";
}

interface Resize {
  readonly metadata: Metadata;
  readonly size: number;
  readonly options: FolderOptions;
}

// gray stays gray and 16 bits stay 16; everything else becomes sRGB
function workingSpace({ space, depth }: Metadata): "b-w" | "grey16" | "srgb" | "rgb16" {
  const gray = isGray(space);
  if (depth === "ushort") return gray ? "grey16" : "rgb16";
  return gray ? "b-w" : "srgb";
}

function shape(image: Sharp, { size, options }: Omit<Resize, "metadata">): Sharp {
  return image.resize(size, size, { fit: fits[options.fit], kernel: "lanczos3", background: "black" });
}

async function resize(image: Sharp, job: Resize): Promise<Samples> {
  const { metadata, options } = job;
  const flat = metadata.hasAlpha ? image.flatten({ background: options.background }) : image;
  return samplesOf(shape(flat.autoOrient(), job).toColourspace(workingSpace(metadata)), metadata);
}

// a fourth band is not transparency to be multiplied into the others (it may be near infrared): each band by itself
async function resizeBands(sharp: Factory, image: Sharp, job: Resize): Promise<Samples> {
  const { metadata, size } = job;
  // as 8-bit gray, sharp would drop the alpha
  const space = workingSpace(metadata) === "b-w" && metadata.hasAlpha ? "srgb" : workingSpace(metadata);
  const whole = await samplesOf(image.autoOrient().toColourspace(space), metadata);
  const bands: Samples[] = [];
  for (let band = 0; band < whole.channels; band++) {
    const plane = toPlane(whole, band);
    const raw = { width: whole.width, height: whole.height, channels: 1 } as const;
    const gray = plane instanceof Uint16Array ? "grey16" : "b-w";
    bands.push(await samplesOf(shape(sharp(plane, { raw }), job).toColourspace(gray), metadata));
  }
  const data =
    bands[0]?.data instanceof Uint16Array
      ? new Uint16Array(size * size * bands.length)
      : new Uint8Array(size * size * bands.length);
  for (const [band, { data: plane }] of bands.entries())
    for (let i = 0; i < plane.length; i++) data[i * bands.length + band] = plane[i] as number;
  return { data, width: size, height: size, channels: bands.length };
}

function toPlane({ data, channels }: Samples, band: number): Uint8Array | Uint16Array {
  const plane =
    data instanceof Uint16Array ? new Uint16Array(data.length / channels) : new Uint8Array(data.length / channels);
  for (let i = 0; i < plane.length; i++) plane[i] = data[i * channels + band] as number;
  return plane;
}

async function samplesOf(image: Sharp, { depth }: Metadata): Promise<Samples> {
  const { data, info } = await image
    .raw({ depth: depth === "ushort" ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (depth !== "ushort") return { data, width, height, channels };
  return { data: new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2), width, height, channels };
}

function noteOn({ autoOrient, pages }: Metadata, size: number): string | undefined {
  const notes: string[] = [];
  if (Math.min(autoOrient.width, autoOrient.height) < size) notes.push(enlarged);
  if (pages !== undefined && pages > 1) notes.push("several pages or frames, only the first is used");
  return notes.length === 0 ? undefined : notes.join("; ");
}
