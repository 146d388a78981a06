import { expect, test } from "vitest";
import { decodeLzw } from "./lzw.ts";
import { decodePackBits } from "./packbits.ts";

/** A plain LZW writer, for both variants. */
function encode(bytes: Uint8Array, old: boolean): Uint8Array {
  const out: number[] = [];
  let [held, bits, width] = [0, 0, 9];
  const put = (code: number): void => {
    for (let i = 0; i < width; i++) {
      const bit = old ? (code >> i) & 1 : (code >> (width - 1 - i)) & 1;
      held = old ? held | (bit << bits) : (held << 1) | bit;
      bits += 1;
      if (bits === 8) {
        out.push(held);
        [held, bits] = [0, 0];
      }
    }
  };
  let table = new Map<string, number>();
  let word = "";
  const codeOf = (text: string): number => (text.length === 1 ? text.charCodeAt(0) : (table.get(text) as number));
  put(256);
  for (const byte of bytes) {
    const longer = word + String.fromCharCode(byte);
    if (longer.length === 1 || table.has(longer)) {
      word = longer;
      continue;
    }
    put(codeOf(word));
    table.set(longer, 258 + table.size);
    word = String.fromCharCode(byte);
    // what the decoder has is one entry behind
    const next = 258 + table.size - 1;
    if (next + (old ? 0 : 1) >= 1 << width && width < 12) width += 1;
    if (258 + table.size >= 4094) {
      put(codeOf(word));
      put(256);
      [table, width, word] = [new Map(), 9, ""];
    }
  }
  if (word !== "") put(codeOf(word));
  put(257);
  if (bits > 0) out.push(old ? held : held << (8 - bits));
  return Uint8Array.from(out);
}

const noise = Uint8Array.from({ length: 20_000 }, (_, i) => ((i * 2_654_435_761) >>> 13) & 255);
const runs = Uint8Array.from({ length: 20_000 }, (_, i) => Math.floor(i / 700) & 255);

test.for([
  ["noise, today's bits", noise, false],
  ["noise, the old bits", noise, true],
  ["runs, today's bits", runs, false],
  ["runs, the old bits", runs, true],
  ["one byte", Uint8Array.of(7), false],
] as const)("%s survive", ([, bytes, old]) => {
  expect(decodeLzw(encode(bytes, old), bytes.length)).toEqual(bytes);
});

test("input that ends early gives what there is", () => {
  const encoded = encode(noise, false);
  expect(decodeLzw(encoded.subarray(0, 100), noise.length).length).toBeLessThan(100);
});

test("a code that the table does not hold is an error, not memory", () => {
  // clear, then code 300
  expect(() => decodeLzw(Uint8Array.of(0x80, 0x4b, 0x00), 10)).toThrow(RangeError);
});

test("PackBits: runs, literals, nothing, and input that ends early", () => {
  expect([...decodePackBits(Uint8Array.of(254, 170, 2, 1, 2, 3, 128, 0, 9), 8)]).toEqual([170, 170, 170, 1, 2, 3, 9]);
  expect([...decodePackBits(Uint8Array.of(5, 1, 2), 8)]).toEqual([1, 2]);
  expect([...decodePackBits(Uint8Array.of(129, 4), 5)]).toEqual([4, 4, 4, 4, 4]);
});
