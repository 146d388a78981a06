/**
 * Seeded random streams: `stream(seed, purpose, step, rank)` is a pure function of its four arguments, so a run resumes,
 * splits over workers and repeats on any machine without saving generator state. Not cryptographic. The paper asks only
 * that all ranks share their directions (same seed and step); give them the same `rank` for that.
 */
import { LejepaError } from "./errors.ts";
import { philox4x32 } from "./philox.ts";

/** One stream of random numbers. Every method advances it. */
export interface RandomStream {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** `lo + (hi - lo) u` with u in [0, 1) of 32 bits; `lo = 0`, `hi = 1` by default. */
  uniform(lo?: number, hi?: number): number;
  /** An unbiased integer in [0, n), 1 <= n <= 2^32. */
  integer(n: number): number;
  /** A standard normal value (Box-Muller on two 32-bit uniforms; |value| <= 6.7). */
  normal(): number;
  /** `true` with probability p (never for p <= 0, always for p >= 1). */
  bernoulli(p: number): boolean;
  /** A uniform permutation of 0 .. n-1 (Fisher-Yates). */
  permutation(n: number): Uint32Array;
  /** Fills with uniform values in [lo, hi] of 24 bits and returns `out`; for lo = 0, hi = 1 never 1. */
  fillUniform(out: Float32Array, lo?: number, hi?: number): Float32Array;
  /** Fills with standard normal values and returns `out`. */
  fillNormal(out: Float32Array): Float32Array;
}

/**
 * The random stream of one purpose, step and rank.
 *
 * Philox4x32-10 with key = the seed's 64 bits and counter = [block, step, rank, hash(purpose)]: streams with different
 * arguments never overlap within 2^34 draws (purposes are told apart by a 32-bit hash).
 *
 *     stream(0, "sigreg directions", step).fillNormal(new Float32Array(dim * slices));
 *
 * @param seed a non-negative safe integer
 * @param purpose what the numbers are for, e.g. "views"; any text
 * @param step 0 .. 2^32-1
 * @param rank 0 .. 2^32-1, or any second index such as an item's number
 * @throws LejepaError E_USAGE for a seed, step or rank outside its range
 */
export function stream(seed: number, purpose: string, step = 0, rank = 0): RandomStream {
  checkInteger("seed", seed, Number.MAX_SAFE_INTEGER);
  checkInteger("step", step, 0xffffffff);
  checkInteger("rank", rank, 0xffffffff);
  const key = Uint32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32));
  const counter = Uint32Array.of(0, step, rank, hash(purpose));
  return new PhiloxStream(key, counter);
}

class PhiloxStream implements RandomStream {
  readonly #key: Uint32Array;
  readonly #counter: Uint32Array;
  readonly #block = new Uint32Array(4);
  #used = 4;
  #spareNormal: number | undefined;

  constructor(key: Uint32Array, counter: Uint32Array) {
    this.#key = key;
    this.#counter = counter;
  }

  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0] = (this.#counter[0] as number) + 1;
      this.#used = 0;
    }
    return this.#block[this.#used++] as number;
  }

  uniform(lo = 0, hi = 1): number {
    return lo + (hi - lo) * (this.uint32() / 2 ** 32);
  }

  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new LejepaError({
        code: "E_USAGE",
        where: "RandomStream.integer",
        expected: "n in 1 .. 2^32",
        got: String(n),
      });
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % n;
  }

  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 1) / 2 ** 32));
    const angle = (2 * Math.PI * this.uint32()) / 2 ** 32;
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  bernoulli(p: number): boolean {
    return this.uniform() < p;
  }

  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, index) => index);
    for (let last = n - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const kept = order[last] as number;
      order[last] = order[other] as number;
      order[other] = kept;
    }
    return order;
  }

  fillUniform(out: Float32Array, lo = 0, hi = 1): Float32Array {
    // 24 bits, so that the largest value does not round up to 1 in float32
    for (let i = 0; i < out.length; i++) out[i] = lo + (hi - lo) * ((this.uint32() >>> 8) / 2 ** 24);
    return out;
  }

  fillNormal(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }
}

// FNV-1a over UTF-16 code units, finished with murmur3's mixer so that near-equal names differ in every bit
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    value = Math.imul(value ^ (unit & 0xff), 0x01000193);
    value = Math.imul(value ^ (unit >>> 8), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function checkInteger(name: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
  throw new LejepaError({
    code: "E_USAGE",
    where: "stream",
    expected: `${name} as an integer in 0 .. ${most}`,
    got: String(value),
  });
}
