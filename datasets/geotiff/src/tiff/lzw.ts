/**
 * LZW as in TIFF 6.0, section 13, and the older variant of libtiff before 1994 (bits from the low end, code width grown one
 * code later). Ours because geotiff's decoder grows an array without bound on the older variant until the process aborts;
 * this one writes into a buffer of known size and refuses what leaves the table.
 */
const clearCode = 256;
const endCode = 257;
const firstCode = 258;
const firstWidth = 9;
const tableSize = 4096;
// from here on a native copy is quicker
const longString = 48;
// kept between calls, which never overlap: strips are many and small
const starts = new Int32Array(tableSize);
const lengths = new Int32Array(tableSize);

/**
 * Decodes until `length` bytes are written or the input ends. A string of the table is never stored: it is the part of the
 * output where it was first written, one byte longer than the string before it.
 *
 * @returns the bytes, `length` or fewer
 * @throws RangeError for a code that the table does not hold
 */
export function decodeLzw(bytes: Uint8Array, length: number): Uint8Array {
  // libtiff's own test: a stream of today starts with the clear code, 0x80 0x0?
  const lowFirst = bytes.length > 1 && bytes[0] === 0 && ((bytes[1] as number) & 1) === 1;
  // the width grows one code early, a slip of the first implementation that became the format
  const early = lowFirst ? 0 : 1;
  const out = new Uint8Array(length);
  let [at, held, bits] = [0, 0, 0];
  let [next, width, written, previous, previousLength] = [firstCode, firstWidth, 0, -1, 0];
  while (written < length) {
    while (bits < width && at < bytes.length) {
      held = lowFirst ? held | ((bytes[at] as number) << bits) : (held << 8) | (bytes[at] as number);
      at += 1;
      bits += 8;
    }
    if (bits < width) break;
    bits -= width;
    const code = (lowFirst ? held : held >>> bits) & ((1 << width) - 1);
    if (lowFirst) held >>>= width;
    const start = written;
    if (code < clearCode) {
      out[written++] = code;
    } else if (code === endCode) {
      break;
    } else if (code === clearCode) {
      next = firstCode;
      width = firstWidth;
      previous = -1;
      continue;
    } else {
      // the one string that may be used before it is in the table: the previous one and its own first byte
      const known = code < next;
      if (!known && (code !== next || previous < 0)) throw new RangeError("LZW code outside the table");
      const from = known ? (starts[code] as number) : previous;
      const end = Math.min(start + (known ? (lengths[code] as number) : previousLength + 1), length);
      if (end - start > longString && known) {
        out.copyWithin(start, from, from + end - start);
        written = end;
      }
      for (let read = from; written < end; read++) out[written++] = out[read] as number;
    }
    if (previous >= 0 && next < tableSize) {
      starts[next] = previous;
      lengths[next] = previousLength + 1;
      next += 1;
      if (next + early >= 1 << width && width < 12) width += 1;
    }
    previous = start;
    previousLength = written - start;
  }
  return written === length ? out : out.subarray(0, written);
}
