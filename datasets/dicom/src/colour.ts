/**
 * Colours as 8-bit RGB: from luminance and chrominance (PS3.3 section C.7.6.3.1.2) and from palettes (C.7.9). Colour profiles
 * are not applied.
 */
import type { DataSet } from "dicom-parser";
import type { ImageAttributes } from "./image-attributes.ts";
import { lookUp, readTable, type LookupTable } from "./lookup-table.ts";
import { unusable } from "./problem.ts";
import type { StoredFrame } from "./stored-frame.ts";

/** Whether an image is shown in colours. */
export function isColour({ samples, photometric }: Pick<ImageAttributes, "samples" | "photometric">): boolean {
  return samples === 3 || photometric === "PALETTE COLOR";
}

/** RGB of a colour frame, [rows, columns, 3]. Throws LejepaError E_DECODE for a palette that is missing or short. */
export function toRgb(frame: StoredFrame, image: ImageAttributes, root: DataSet): Uint8Array {
  if (image.photometric === "PALETTE COLOR") return fromPalette(frame, image, root);
  const bytes = toBytes(frame, image);
  if (frame.colours === "ybr") chromaToRgb(bytes, image.photometric === "YBR_PARTIAL_422" ? partialRange : fullRange);
  return bytes;
}

function toBytes({ data }: StoredFrame, { bitsStored, signed }: ImageAttributes): Uint8Array {
  if (signed) throw unusable("has signed colours");
  if (data instanceof Uint8Array && bitsStored === 8) return data.slice();
  const white = 2 ** bitsStored - 1;
  return Uint8Array.from(data as Uint16Array, (value) => Math.min(255, Math.round((value / white) * 255)));
}

/** Y minus `black` times `scale`, and shares of Cb and Cr minus 128. */
interface Chroma {
  readonly black: number;
  readonly scale: number;
  readonly redOfCr: number;
  readonly greenOfCb: number;
  readonly greenOfCr: number;
  readonly blueOfCb: number;
}

const fullRange: Chroma = {
  black: 0,
  scale: 1,
  redOfCr: 1.402,
  greenOfCb: -0.344136,
  greenOfCr: -0.714136,
  blueOfCb: 1.772,
};
// Y from 16 to 235, Cb and Cr from 16 to 240
const partialRange: Chroma = {
  black: 16,
  scale: 1.1644,
  redOfCr: 1.596,
  greenOfCb: -0.3917,
  greenOfCr: -0.8129,
  blueOfCb: 2.0173,
};

function chromaToRgb(bytes: Uint8Array, { black, scale, redOfCr, greenOfCb, greenOfCr, blueOfCb }: Chroma): void {
  for (let i = 0; i + 2 < bytes.length; i += 3) {
    const y = scale * ((bytes[i] as number) - black);
    const cb = (bytes[i + 1] as number) - 128;
    const cr = (bytes[i + 2] as number) - 128;
    bytes[i] = clamp(y + redOfCr * cr);
    bytes[i + 1] = clamp(y + greenOfCb * cb + greenOfCr * cr);
    bytes[i + 2] = clamp(y + blueOfCb * cb);
  }
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

const paletteTags = [
  { descriptor: "x00281101", data: "x00281201", segmented: "x00281221" },
  { descriptor: "x00281102", data: "x00281202", segmented: "x00281222" },
  { descriptor: "x00281103", data: "x00281203", segmented: "x00281223" },
] as const;

function fromPalette({ data }: StoredFrame, { bitsStored, signed }: ImageAttributes, root: DataSet): Uint8Array {
  const tables = paletteTags.map((tags) => readTable(root, tags, signed));
  if (tables.some((table) => table === undefined)) throw unusable("is PALETTE COLOR without a palette");
  const rgb = new Uint8Array(data.length * 3);
  const used = 2 ** Math.min(16, bitsStored) - 1;
  for (const [channel, table] of (tables as LookupTable[]).entries()) {
    const white = 2 ** table.bits - 1;
    for (let i = 0; i < data.length; i++) {
      const index = signed ? (data[i] as number) : (data[i] as number) & used;
      rgb[3 * i + channel] = Math.min(255, Math.round((lookUp(table, index) / white) * 255));
    }
  }
  return rgb;
}
