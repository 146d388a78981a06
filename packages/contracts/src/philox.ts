/**
 * Philox4x32-10: a counter-based generator, block = f(key, counter). Not cryptographic, and no state of its own.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (the algorithm and its
 * constants; checked against the published known answers).
 */

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/**
 * Writes the 4 words of block (counter; key) into `out`. All words are unsigned 32 bit.
 * counter: 4 words, key: 2 words, least significant first.
 */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let x0 = counter[0] as number;
  let x1 = counter[1] as number;
  let x2 = counter[2] as number;
  let x3 = counter[3] as number;
  let k0 = key[0] as number;
  let k1 = key[1] as number;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, x0);
    const high1 = multiplyHigh(multiplier1, x2);
    const low0 = Math.imul(multiplier0, x0) >>> 0;
    const low1 = Math.imul(multiplier1, x2) >>> 0;
    x0 = (high1 ^ x1 ^ k0) >>> 0;
    x1 = low1;
    x2 = (high0 ^ x3 ^ k1) >>> 0;
    x3 = low0;
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

// upper 32 bits of the 64-bit product; every partial sum stays below 2^53
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}
