/**
 * Colour stored as brightness and two differences in units of several pixels (TIFF 6.0, section 21), outside of JPEG. The
 * conversion is libtiff's, in its integers and with its defaults, so that the bytes are the same.
 */
import type { TiffImage } from "./image.ts";

/**
 * RGB of a block of units: `across * down` brightnesses, then the two differences.
 *
 * @returns interleaved bytes of `rows` rows
 */
export function unpackYcbcr(bytes: Uint8Array, image: TiffImage, rows: number): Uint8Array {
  const [across, down] = image.subsampling;
  const { blockWidth } = image;
  const unit = across * down + 2;
  const units = Math.ceil(blockWidth / across);
  const out = new Uint8Array(rows * blockWidth * 3);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < blockWidth; x++) {
      const start = (Math.floor(y / down) * units + Math.floor(x / across)) * unit;
      const luma = bytes[start + (y % down) * across + (x % across)] as number;
      const blue = (bytes[start + unit - 2] as number) - 128;
      const red = (bytes[start + unit - 1] as number) - 128;
      const to = (y * blockWidth + x) * 3;
      out[to] = clamp(luma + Math.round(1.402 * red));
      out[to + 1] = clamp(luma - Math.round(0.344_136 * blue + 0.714_136 * red));
      out[to + 2] = clamp(luma + Math.round(1.772 * blue));
    }
  }
  return out;
}

function clamp(value: number): number {
  return Math.max(0, Math.min(255, value));
}
