/**
 * One image file as this package sees it: for looking at, not for training (nothing is resized).
 */
import type { Inspection, InspectRequest, JsonValue } from "@lejepa/contracts";
import type { Metadata, Sharp } from "sharp";
import type { Samples } from "./channels.ts";
import { openImage, samplesOf, wholeHeader, workingSpace, type ImageInput } from "./open-image.ts";

/** What of an image is wanted; the plugin's options play no part. */
export type InspectImageRequest = Pick<InspectRequest, "stage" | "frame" | "window">;

/**
 * Pixels and facts of an image, rows x cols x samples.
 *
 * `stored`: the samples of the file in its own colour space and orientation (palettes resolved, YCbCr as RGB). `values`:
 * upright, colours converted to sRGB by the embedded profile, alpha kept. `display`: the same at 8 bits, on black.
 *
 * @throws Error, in one sentence without the file's path, for what cannot be decoded, a page or window outside the image
 */
export async function inspectImage(
  input: ImageInput,
  { stage, frame = 0, window }: InspectImageRequest,
): Promise<Inspection> {
  const options = { page: frame, ignoreIcc: stage === "stored", readHeader: wholeHeader };
  const { header: metadata, result } = await openImage(input, options, async (image, header) => {
    const pages = header.pages ?? 1;
    if (frame >= pages) throw new RangeError(`has ${pages} ${pages === 1 ? "page" : "pages"}, no page ${frame}`);
    const whole = await samplesOf(atStage(image, header, stage), stage === "display" ? eightBit(header) : header);
    return window === undefined ? whole : cut(whole, window);
  });
  return {
    facts: factsOf(metadata),
    shape: [result.height, result.width, result.channels],
    axes: ["rows", "cols", "samples"],
    dtype: result.data instanceof Uint16Array ? "uint16" : "uint8",
    data: result.data,
  };
}

function atStage(image: Sharp, metadata: Metadata, stage: InspectRequest["stage"]): Sharp {
  const { space, hasAlpha } = metadata;
  if (stage === "display") return image.autoOrient().flatten({ background: "black" }).toColourspace("srgb");
  const own = stage === "stored" && space === "cmyk" ? "cmyk" : workingSpace(metadata);
  // as 8-bit gray, sharp would drop the alpha: three equal bands and the alpha instead
  const kept = own === "b-w" && hasAlpha ? "srgb" : own;
  return (stage === "stored" ? image : image.autoOrient()).toColourspace(kept);
}

function eightBit(metadata: Metadata): Metadata {
  return { ...metadata, depth: "uchar" };
}

function cut(samples: Samples, { x, y, width, height }: NonNullable<InspectRequest["window"]>): Samples {
  if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > samples.width || y + height > samples.height)
    throw new RangeError(
      `the window ${x},${y},${width},${height} is not inside ${samples.width} x ${samples.height} pixels`,
    );
  const line = width * samples.channels;
  const data = samples.data.slice(0, line * height);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * samples.width + x) * samples.channels;
    data.set(samples.data.subarray(from, from + line), row * line);
  }
  return { data, width, height, channels: samples.channels };
}

// no EXIF, XMP or comments: they may name people and places
function factsOf(metadata: Metadata): Record<string, JsonValue> {
  const { format, width, height, space, channels, depth, hasAlpha, orientation, pages, isProgressive } = metadata;
  return {
    format: format ?? "unknown",
    width,
    height,
    colourSpace: space,
    channels,
    bits: depth === "ushort" ? 16 : 8,
    alpha: hasAlpha,
    palette: metadata.isPalette ?? false,
    progressive: isProgressive ?? false,
    iccProfile: metadata.icc !== undefined,
    orientation: orientation ?? 1,
    pages: pages ?? 1,
    ...(metadata.chromaSubsampling !== undefined && { chromaSubsampling: metadata.chromaSubsampling }),
    ...(metadata.compression !== undefined && { compression: metadata.compression }),
  };
}
