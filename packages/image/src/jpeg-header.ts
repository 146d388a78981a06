/**
 * What the markers before the first scan of a JPEG say, read here because asking sharp opens the file a second time (a fifth of
 * the time of a photograph, a third of that of a thumbnail). Only plain files: for anything unusual sharp is asked after all.
 * Source: ITU-T T.81 annex B; Exif 2.3 section 4.6 for the orientation.
 */

/** A JPEG of 8-bit gray or YCbCr without a colour profile. */
export interface PlainJpeg {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3;
  /** Exif's orientation; 1 is upright, 5 and above swap width and height. */
  readonly orientation: number;
}

/** The header of a plain JPEG; `undefined` for everything else. */
export function plainJpeg(input: Uint8Array): PlainJpeg | undefined {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let orientation = 1;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] as number;
    const length = bytes.readUInt16BE(at + 2);
    const body = bytes.subarray(at + 4, at + 2 + length);
    // baseline, extended, progressive; the others are rare
    if (marker >= 0xc0 && marker <= 0xc2) return frame(body, orientation);
    if (!isExpected(marker) || isColourProfile(marker, body)) return undefined;
    if (marker === 0xe1) orientation = orientationOf(body) ?? orientation;
    at += 2 + length;
  }
  return undefined;
}

// tables, restart interval, application data but Adobe's (CMYK, RGB), comments
function isExpected(marker: number): boolean {
  if (marker === 0xee) return false;
  return marker === 0xdb || marker === 0xc4 || marker === 0xdd || marker === 0xfe || (marker & 0xf0) === 0xe0;
}

function isColourProfile(marker: number, body: Buffer): boolean {
  return marker === 0xe2 && body.subarray(0, 11).toString("latin1") === "ICC_PROFILE";
}

function frame(body: Buffer, orientation: number): PlainJpeg | undefined {
  if (body.length < 6 || body[0] !== 8) return undefined;
  const [height, width, components] = [body.readUInt16BE(1), body.readUInt16BE(3), body[5]];
  if (height === 0 || width === 0 || (components !== 1 && components !== 3)) return undefined;
  return { width, height, components, orientation };
}

// the tag 0x0112 of the first directory
function orientationOf(body: Buffer): number | undefined {
  if (body.subarray(0, 6).toString("latin1") !== "Exif\0\0" || body.length < 14) return undefined;
  const tiff = body.subarray(6);
  const little = tiff[0] === 0x49;
  const u16 = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const first = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (first + 2 > tiff.length) return undefined;
  const count = u16(first);
  for (let i = 0, at = first + 2; i < count && at + 12 <= tiff.length; i++, at += 12) {
    if (u16(at) === 0x0112) return u16(at + 8);
  }
  return undefined;
}
