/**
 * PackBits as in TIFF 6.0, section 9. Ours because geotiff's collects into an array without bound.
 */

/**
 * Decodes until `length` bytes are written or the input ends.
 *
 * @returns the bytes, `length` or fewer
 */
export function decodePackBits(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let [at, written] = [0, 0];
  while (at < bytes.length && written < length) {
    const header = bytes[at++] as number;
    if (header === 128) continue;
    if (header < 128) {
      const count = Math.min(header + 1, bytes.length - at, length - written);
      out.set(bytes.subarray(at, at + count), written);
      at += count;
      written += count;
    } else {
      if (at >= bytes.length) break;
      const count = Math.min(257 - header, length - written);
      out.fill(bytes[at++] as number, written, written + count);
      written += count;
    }
  }
  return written === length ? out : out.subarray(0, written);
}
