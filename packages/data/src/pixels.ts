/**
 * What belongs to each pixel type: array, bytes, NumPy name, the value of white. No conversions.
 */
import type { PixelArray, PixelType } from "@lejepa/contracts";

interface PixelTypeInfo {
  readonly bytes: number;
  /** NumPy's name of the type, little-endian. */
  readonly numpy: string;
  readonly fullScale: number;
  view(buffer: ArrayBufferLike, byteOffset?: number, length?: number): PixelArray;
}

/** Facts about each pixel type. */
export const pixelTypes: Readonly<Record<PixelType, PixelTypeInfo>> = {
  uint8: { bytes: 1, numpy: "|u1", fullScale: 255, view: (b, o, n) => new Uint8Array(b, o, n) },
  uint16: { bytes: 2, numpy: "<u2", fullScale: 65535, view: (b, o, n) => new Uint16Array(b, o, n) },
  int16: { bytes: 2, numpy: "<i2", fullScale: 1, view: (b, o, n) => new Int16Array(b, o, n) },
  float32: { bytes: 4, numpy: "<f4", fullScale: 1, view: (b, o, n) => new Float32Array(b, o, n) },
};

/** The bytes under a typed array. */
export function bytesOf(array: PixelArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
