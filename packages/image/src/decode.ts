/**
 * Decodes one image to the stored square: orientation from EXIF, colours to sRGB, transparency onto a background,
 * anti-aliased resize (Lanczos 3 when smaller, bicubic when larger), then channels and bits as wanted. Reads what sharp
 * reads at 8 and 16 bits; floating-point and 32-bit rasters are refused (they need a plugin that knows their units).
 */
import type { ImageRecord } from "@lejepa/contracts";
import type { Sharp } from "sharp";
import { toChannels, toDepth, type Samples } from "./channels.ts";
import { openImage, quickHeader, samplesOf, workingSpace, type ImageHeader, type ImageInput } from "./open-image.ts";
import { loadSharp, type SharpFactory } from "./load-sharp.ts";

/** What an image is decoded to. */
export interface DecodeImageOptions {
  /** Width and height of the result. */
  readonly size: number;
  /** 1 gray (Rec. 601 luma), 3 colour, 4 colour and the fourth band or alpha as it is. */
  readonly channels: number;
  /** Bits of a value. */
  readonly depth: 8 | 16;
  /** How an image becomes a square: centre crop of the short side, change of aspect, or bars. */
  readonly fit: "crop" | "squash" | "pad";
  /** What shows through transparent pixels, unless four channels are wanted. */
  readonly background: "black" | "white";
}

const fits = { crop: "cover", squash: "fill", pad: "contain" } as const;

/**
 * Decodes an image to a square of uint8 or uint16.
 *
 * @returns `size * size * channels` values, and a note where the image had to be enlarged or has further pages
 * @throws RangeError for a number of channels that is not 1, 3 or 4
 * @throws Error, in one sentence without the file's path, for what cannot be decoded
 */
export async function decodeImage(input: ImageInput, options: DecodeImageOptions): Promise<ImageRecord> {
  const { size, channels, depth } = options;
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new RangeError(`images are stored with 1, 3 or 4 channels, not ${channels}`);
  const { header, result: samples } = await openImage(input, { readHeader: quickHeader }, async (image, found) =>
    channels === 4
      ? resizeBands(await loadSharp(), image, { ...options, header: found })
      : resize(image, { ...options, header: found }),
  );
  const data = toDepth(toChannels(samples, channels), depth);
  const note = noteOn(header, size);
  return {
    data,
    width: size,
    height: size,
    channels,
    dtype: data instanceof Uint16Array ? "uint16" : "uint8",
    ...(note === undefined ? {} : { note }),
  };
}

interface Resize extends DecodeImageOptions {
  readonly header: ImageHeader;
}

function shape(image: Sharp, { size, fit }: Resize): Sharp {
  return image.resize(size, size, { fit: fits[fit], kernel: "lanczos3", background: "black" });
}

async function resize(image: Sharp, job: Resize): Promise<Samples> {
  const { header, background } = job;
  const flat = header.hasAlpha ? image.flatten({ background }) : image;
  const upright = header.orientation === 1 ? flat : flat.autoOrient();
  return samplesOf(shape(upright, job).toColourspace(workingSpace(header)), header);
}

// a fourth band is not transparency to be multiplied into the others (it may be near infrared): each band by itself
async function resizeBands(sharp: SharpFactory, image: Sharp, job: Resize): Promise<Samples> {
  const { header, size } = job;
  // as 8-bit gray, sharp would drop the alpha
  const space = workingSpace(header) === "b-w" && header.hasAlpha ? "srgb" : workingSpace(header);
  const whole = await samplesOf(image.autoOrient().toColourspace(space), header);
  const bands: Samples[] = [];
  for (let band = 0; band < whole.channels; band++) {
    const plane = toPlane(whole, band);
    const raw = { width: whole.width, height: whole.height, channels: 1 } as const;
    const gray = plane instanceof Uint16Array ? "grey16" : "b-w";
    bands.push(await samplesOf(shape(sharp(plane, { raw }), job).toColourspace(gray), header));
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

function noteOn({ autoOrient, pages }: ImageHeader, size: number): string | undefined {
  const notes: string[] = [];
  if (Math.min(autoOrient.width, autoOrient.height) < size) notes.push("smaller than the stored size, enlarged");
  if (pages !== undefined && pages > 1) notes.push("several pages or frames, only the first is used");
  return notes.length === 0 ? undefined : notes.join("; ");
}
