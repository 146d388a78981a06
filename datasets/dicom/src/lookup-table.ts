/**
 * Lookup tables of DICOM: modality LUT, VOI LUT and the segments of palettes (PS3.3 sections C.11.1.1, C.11.2.1.1, C.7.9.2).
 */
import type { DataSet } from "dicom-parser";
import { bytesOf, either, unsigned, wordsOf } from "./attributes.ts";
import { unusable } from "./problem.ts";

/** A table of unsigned values. */
export interface LookupTable {
  /** Stored value that the first entry is for; smaller ones get it too. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** Bits of an entry. */
  readonly bits: number;
}

/** The value of a table, held at its ends. */
export function lookUp({ first, entries }: LookupTable, value: number): number {
  return entries[Math.min(entries.length - 1, Math.max(0, Math.round(value) - first))] as number;
}

interface TableTags {
  readonly descriptor: string;
  readonly data: string;
  readonly segmented?: string;
}

/**
 * The table of these tags, or undefined when there is none.
 *
 * @throws LejepaError E_DECODE when it has fewer entries than its descriptor says
 */
export function readTable(dataSet: DataSet, tags: TableTags, signed: boolean): LookupTable | undefined {
  const count = unsigned(dataSet, tags.descriptor, 0);
  if (count === undefined) return undefined;
  const first = either(dataSet, tags.descriptor, { signed, index: 1 }) ?? 0;
  const bits = unsigned(dataSet, tags.descriptor, 2) ?? 16;
  const length = count === 0 ? 65536 : count;
  const plain = plainEntries(dataSet, tags.data, length);
  const words = tags.segmented === undefined ? undefined : wordsOf(dataSet, tags.segmented);
  const entries = plain ?? (words === undefined ? undefined : expandSegments(words, length));
  if (entries === undefined || entries.length < length) throw unusable("has a lookup table with too few entries");
  return {
    first,
    entries: entries.subarray(0, length),
    bits: bits === 8 ? bitsOf(entries) : Math.min(16, Math.max(1, bits)),
  };
}

// 8-bit entries may be packed in bytes
function plainEntries(dataSet: DataSet, tag: string, length: number): Uint16Array | undefined {
  const bytes = bytesOf(dataSet, tag);
  if (bytes === undefined) return undefined;
  if (bytes.length < 2 * length && bytes.length >= length) return Uint16Array.from(bytes.subarray(0, length));
  return wordsOf(dataSet, tag);
}

// a descriptor of 8 bits with entries of 16 occurs
function bitsOf(entries: Uint16Array): number {
  return entries.some((entry) => entry > 255) ? 16 : 8;
}

/** Segmented palettes: 0 discrete, 1 linear from the last value, 2 indirect (PS3.3 section C.7.9.2.2). */
function expandSegments(words: Uint16Array, length: number): Uint16Array {
  const out: number[] = [];
  const segment = (at: number, depth: number): number => {
    const [code, count = 0] = [words[at], words[at + 1]];
    if (code === 0) {
      for (let i = 0; i < count && out.length < length; i++) out.push(words[at + 2 + i] ?? 0);
      return at + 2 + count;
    }
    if (code === 1) {
      const [from, to] = [out.at(-1) ?? 0, words[at + 2] ?? 0];
      for (let i = 1; i <= count && out.length < length; i++) out.push(Math.round(from + ((to - from) * i) / count));
      return at + 3;
    }
    if (code !== 2 || depth > 0) throw unusable("has a damaged segmented palette");
    // the offset counts bytes
    let copied = ((words[at + 2] ?? 0) + 65536 * (words[at + 3] ?? 0)) / 2;
    for (let i = 0; i < count && copied < words.length; i++) copied = segment(copied, 1);
    return at + 4;
  };
  for (let at = 0; at + 1 < words.length && out.length < length; ) at = segment(at, 0);
  return Uint16Array.from(out);
}
