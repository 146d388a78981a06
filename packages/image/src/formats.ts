/**
 * Which files are images that this package reads: by extension, and by their first bytes. Not whether they are whole.
 */
import type { FormatSupport } from "@lejepa/contracts";

/** Extensions that are read, in lower case, with the dot. */
export const imageExtensions: ReadonlySet<string> = new Set([
  ".jpg",
  ".jpeg",
  ".jpe",
  ".jfif",
  ".png",
  ".webp",
  ".tif",
  ".tiff",
  ".gif",
  ".avif",
]);

const sharpReads = "sharp (libvips)";

/** What is read and what is refused, for `lejepa doctor`. */
export const imageFormats: readonly FormatSupport[] = Object.freeze([
  { name: "JPEG, 8 bit, baseline and progressive", id: "image/jpeg", supported: true, by: sharpReads },
  { name: "PNG, 1 to 16 bit", id: "image/png", supported: true, by: sharpReads },
  { name: "WebP", id: "image/webp", supported: true, by: sharpReads },
  { name: "TIFF, 8 and 16 bit, at most four colours", id: "image/tiff", supported: true, by: sharpReads },
  { name: "GIF, first frame", id: "image/gif", supported: true, by: sharpReads },
  { name: "AVIF", id: "image/avif", supported: true, by: sharpReads },
  { name: "TIFF, float or 32 bit", id: "image/tiff;float", supported: false, by: "units unknown: use geotiff" },
  { name: "HEIC", id: "image/heic", supported: false, by: "sharp's libvips is built without HEVC" },
  { name: "JPEG 2000", id: "image/jp2", supported: false, by: "sharp's libvips is built without OpenJPEG" },
  { name: "BMP", id: "image/bmp", supported: false, by: "sharp's libvips does not read it" },
]);

const signatures: readonly (readonly [offset: number, bytes: string])[] = [
  [0, "\xff\xd8\xff"],
  [0, "\x89PNG\r\n\x1a\n"],
  [0, "GIF87a"],
  [0, "GIF89a"],
  [0, "II*\0"],
  [0, "MM\0*"],
  [0, "II+\0"],
  [0, "MM\0+"],
  [8, "WEBP"],
  [4, "ftypavif"],
  [4, "ftypavis"],
];

/** Whether a file begins like one of the formats that are read. */
export function isImage(head: Uint8Array): boolean {
  return signatures.some(([offset, bytes]) => [...bytes].every((byte, i) => head[offset + i] === byte.charCodeAt(0)));
}
