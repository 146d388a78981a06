/**
 * What belongs to each pixel type: array, bytes, NumPy name, values of black and white. No conversions.
 */
import type { PixelArray, PixelType } from "@lejepa/contracts";

interface PixelTypeInfo {
  readonly bytes: number;
  /** NumPy's name of the type, little-endian. */
  readonly numpy: string;
  /** Black and white, where the type alone says it. */
  readonly range?: readonly [number, number];
  view(buffer: ArrayBufferLike, byteOffset?: number, length?: number): PixelArray;
}

/** Facts about each pixel type. */
export const pixelTypes: Readonly<Record<PixelType, PixelTypeInfo>> = {
  uint8: { bytes: 1, numpy: "|u1", range: [0, 255], view: (b, o, n) => new Uint8Array(b, o, n) },
  uint16: { bytes: 2, numpy: "<u2", range: [0, 65535], view: (b, o, n) => new Uint16Array(b, o, n) },
  int16: { bytes: 2, numpy: "<i2", view: (b, o, n) => new Int16Array(b, o, n) },
  float32: { bytes: 4, numpy: "<f4", view: (b, o, n) => new Float32Array(b, o, n) },
};

/** The bytes under a typed array. */
export function bytesOf(array: PixelArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
