/**
 * Images that show the same thing in other bytes: compressed again, resized, brightened. A 64-bit difference hash finds
 * candidates, a correlation of small gray pictures confirms them. Works on decoded pixels of any type and number of channels,
 * which the libraries for image files do not. Not invariant to flips, turns or crops.
 */

/** A small picture of an image and its hash. */
export interface Sketch {
  /** 16 x 16 means of the image's blocks over all channels, zero mean and unit norm. */
  readonly gray: Float32Array;
  /** Difference hash of rows: two 32-bit halves. */
  readonly hash: readonly [number, number];
}

/** Two images that are nearly the same; positions among the sketches, the smaller first. */
export interface NearPair {
  readonly first: number;
  readonly second: number;
  /** Correlation of the small pictures, at most 1. */
  readonly correlation: number;
}

const side = 16;
/** Bits in which the hashes of a pair may differ. */
const hashDistance = 6;
/** Least correlation of a pair. */
const leastCorrelation = 0.995;

/**
 * The sketch of an image, rows from the top, channels interleaved; `undefined` for one without structure (a constant image is
 * like any other).
 *
 * Hash: D. Wong's difference hash ("dHash"): bit (y, x) says whether the mean of block (y, x + 1) of 8 x 9 is above that of
 * block (y, x).
 */
export function sketch(
  pixels: ArrayLike<number>,
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: number },
): Sketch | undefined {
  const form = { width, height, channels };
  const gray = normalise(blockMeans(pixels, form, [side, side]));
  if (gray === undefined) return undefined;
  const blocks = blockMeans(pixels, form, [8, 9]);
  const hash: [number, number] = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const at = Math.floor(bit / 8) * 9 + (bit % 8);
    if ((blocks[at + 1] as number) > (blocks[at] as number))
      hash[bit >> 5] = (hash[bit >> 5] as number) | (1 << (bit & 31));
  }
  return { gray, hash };
}

/**
 * All pairs of nearly equal images. Exact for the hash distance: two hashes that differ in at most d bits agree in one of d + 1
 * parts, so only images that share a part are compared; not each with each.
 *
 * @param limit stop after so many pairs
 */
export function findNearPairs(sketches: readonly (Sketch | undefined)[], limit = Number.POSITIVE_INFINITY): NearPair[] {
  const pairs = new Map<string, NearPair>();
  for (let part = 0; part <= hashDistance; part++) {
    for (const bucket of buckets(sketches, part)) {
      for (const [i, first] of bucket.entries()) {
        for (const second of bucket.slice(i + 1)) {
          const correlation = compare(sketches[first] as Sketch, sketches[second] as Sketch);
          if (correlation < leastCorrelation) continue;
          pairs.set(`${first} ${second}`, { first, second, correlation });
          if (pairs.size >= limit) return sorted(pairs);
        }
      }
    }
  }
  return sorted(pairs);
}

function sorted(pairs: ReadonlyMap<string, NearPair>): NearPair[] {
  return [...pairs.values()].sort((a, b) => a.first - b.first || a.second - b.second);
}

// 0 when the hashes are too far apart
function compare(a: Sketch, b: Sketch): number {
  const distance = bitCount(a.hash[0] ^ b.hash[0]) + bitCount(a.hash[1] ^ b.hash[1]);
  if (distance > hashDistance) return 0;
  return a.gray.reduce((sum, value, i) => sum + value * (b.gray[i] as number), 0);
}

function buckets(sketches: readonly (Sketch | undefined)[], part: number): number[][] {
  const from = Math.floor((part * 64) / (hashDistance + 1));
  const to = Math.floor(((part + 1) * 64) / (hashDistance + 1));
  const found = new Map<number, number[]>();
  for (const [position, entry] of sketches.entries()) {
    if (entry === undefined) continue;
    let key = 0;
    for (let bit = from; bit < to; bit++) key = key * 2 + (((entry.hash[bit >> 5] as number) >>> (bit & 31)) & 1);
    const bucket = found.get(key);
    if (bucket === undefined) found.set(key, [position]);
    else bucket.push(position);
  }
  return [...found.values()];
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1;
  return count;
}

interface Form {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

// means of all values in each block; a block covers at least one pixel
function blockMeans(
  pixels: ArrayLike<number>,
  { width, height, channels }: Form,
  [rows, cols]: [number, number],
): Float64Array {
  const means = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = edges(row, rows, height);
    for (let col = 0; col < cols; col++) {
      const [left, right] = edges(col, cols, width);
      let sum = 0;
      for (let y = top; y < bottom; y++)
        for (let i = (y * width + left) * channels; i < (y * width + right) * channels; i++) sum += pixels[i] as number;
      means[row * cols + col] = sum / ((bottom - top) * (right - left) * channels);
    }
  }
  return means;
}

function edges(block: number, blocks: number, length: number): [number, number] {
  const from = Math.min(length - 1, Math.floor((block * length) / blocks));
  return [from, Math.max(from + 1, Math.floor(((block + 1) * length) / blocks))];
}

function normalise(values: Float64Array): Float32Array | undefined {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const norm = Math.hypot(...values.map((value) => value - mean));
  if (!(norm > 1e-6 * Math.max(1, Math.abs(mean)))) return undefined;
  return Float32Array.from(values, (value) => (value - mean) / norm);
}
