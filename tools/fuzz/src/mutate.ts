// Damaged copies of a file, each a pure function of the file, the seed and a number. Knows no format: headers are where the
// file begins (and, for TIFF, often where it ends).
import { type RandomStream, stream } from "@lejepa/contracts";

/** One way to damage a file. */
type Mutation = (bytes: Uint8Array, random: RandomStream) => Uint8Array;

const upTo = (random: RandomStream, limit: number): number => Math.floor(random.uniform(0, 1) * limit);
// half of the places in the first bytes of the header, a quarter at the end, the rest anywhere
const headerBytes = 1024;
const inHeader = (random: RandomStream, length: number): number => {
  const where = upTo(random, 4);
  if (where < 2) return upTo(random, Math.min(headerBytes, length));
  return where === 2 ? length - 1 - upTo(random, Math.min(headerBytes, length)) : upTo(random, length);
};

function flip(bytes: Uint8Array, random: RandomStream, place: () => number): Uint8Array {
  const copy = bytes.slice();
  const count = 1 + upTo(random, 8);
  for (let i = 0; i < count; i++) {
    const at = place();
    copy[at] = (copy[at] as number) ^ (1 + upTo(random, 255));
  }
  return copy;
}

// lengths, offsets and counts that readers trust
const extremes = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe];

function word(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const size = upTo(random, 2) === 0 ? 2 : 4;
  if (copy.length < size) return copy;
  const at = Math.min(copy.length - size, inHeader(random, copy.length));
  const value = extremes[upTo(random, extremes.length)] as number;
  const little = upTo(random, 2) === 0;
  if (size === 2) view.setUint16(at, value & 0xffff, little);
  else view.setUint32(at, value, little);
  return copy;
}

function block(bytes: Uint8Array, random: RandomStream, fill: (part: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  const length = 1 + upTo(random, Math.min(4096, copy.length));
  const at = upTo(random, copy.length - length + 1);
  fill(copy.subarray(at, at + length));
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The ways to damage a file, by name. */
const mutations: Readonly<Record<string, Mutation>> = {
  truncate: (bytes, random) => bytes.slice(0, upTo(random, bytes.length)),
  "cut tail": (bytes, random) => bytes.slice(0, bytes.length - 1 - upTo(random, Math.min(64, bytes.length))),
  "flip bytes": (bytes, random) => flip(bytes, random, () => upTo(random, bytes.length)),
  "flip header": (bytes, random) => flip(bytes, random, () => inHeader(random, bytes.length)),
  "set word": word,
  "zero block": (bytes, random) => block(bytes, random, (part) => part.fill(0)),
  "noise block": (bytes, random) =>
    block(bytes, random, (part) => part.forEach((_, i) => void (part[i] = upTo(random, 256)))),
  append: (bytes, random) =>
    joined(bytes, new Uint8Array(1 + upTo(random, 4096)).fill(upTo(random, 2) === 0 ? 0 : 0xff)),
  "remove block": (bytes, random) => {
    const at = upTo(random, bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + upTo(random, 256)));
  },
  "repeat block": (bytes, random) => {
    const at = upTo(random, bytes.length);
    const end = Math.min(bytes.length, at + 1 + upTo(random, 1024));
    return joined(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end));
  },
};

const names = Object.keys(mutations);

/** Which mutant: `number` decides what is drawn, `kind` (counted round) how the file is damaged. */
export interface MutantChoice {
  readonly seed: number;
  readonly number: number;
  readonly kind: number;
}

/** A mutant of a file: its bytes and how it was made. */
export function mutant(bytes: Uint8Array, { seed, number, kind }: MutantChoice): { kind: string; bytes: Uint8Array } {
  const name = names[kind % names.length] as string;
  // a Buffer's `slice` would change the file itself
  const own = new Uint8Array(bytes);
  const random = stream(seed, "mutant", number);
  return { kind: name, bytes: own.length === 0 ? own : (mutations[name] as Mutation)(own, random) };
}
