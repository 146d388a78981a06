/**
 * The header of NumPy's .npy files (format 1.0, C order, little-endian). Only the pixel types of this package, and only
 * the header: data are read and written by whoever holds the file.
 * Source: the format's description in NumPy's documentation (numpy.lib.format).
 */
import type { PixelType } from "@lejepa/contracts";
import { pixelTypes } from "./pixels.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
// room for any shape that we write, so that the header can be rewritten in place when rows turn out to be fewer
const headerSize = 128;

/** A .npy header of exactly 128 bytes. */
export function npyHeader(dtype: PixelType, shape: readonly number[]): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${pixelTypes[dtype].numpy}', 'fortran_order': False, 'shape': (${dims}), }`;
  if (text.length > headerSize - magic.length - 3)
    throw new RangeError(`npyHeader: shape ${shape.join("x")} is too long`);
  const bytes = new Uint8Array(headerSize).fill(0x20);
  bytes.set(magic);
  bytes[8] = headerSize - 10;
  bytes[9] = 0;
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[headerSize - 1] = 0x0a;
  return bytes;
}

/** What a header says, or `undefined` when it is not one that `npyHeader` writes. */
export function parseNpyHeader(
  bytes: Uint8Array,
): { dtype: PixelType; shape: number[]; headerBytes: number } | undefined {
  if (bytes.length < headerSize || magic.some((byte, i) => bytes[i] !== byte)) return undefined;
  const text = new TextDecoder("latin1").decode(bytes.subarray(10, headerSize));
  const match = /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \}\s*$/.exec(text);
  if (match === null) return undefined;
  const names = Object.keys(pixelTypes) as PixelType[];
  const dtype = names.find((name) => pixelTypes[name].numpy === match[1]);
  const shape = (match[2] as string).split(",").filter((part) => part.trim() !== "");
  return dtype === undefined ? undefined : { dtype, shape: shape.map(Number), headerBytes: headerSize };
}
