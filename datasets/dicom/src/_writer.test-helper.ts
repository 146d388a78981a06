// Writes DICOM files for tests: any syntax, sequences, fragments, with or without preamble and meta group. No checks.
import { deflateRawSync } from "node:zlib";

/** A value: text, numbers in the form of its VR, bytes, or the items of a sequence. */
export type Value = string | readonly number[] | Uint8Array | readonly Elements[];

/** Elements by tag, each with its VR: `{ "00280010": ["US", [16]] }`. */
export type Elements = Readonly<Record<string, readonly [vr: string, value: Value]>>;

/** What to write besides the elements. */
export interface WriteOptions {
  readonly syntax?: string;
  /** DICM after 128 bytes; `tiff`: which start as a TIFF does; false: neither. */
  readonly preamble?: boolean | "tiff";
  readonly meta?: boolean;
}

const explicit = "1.2.840.10008.1.2.1";
const long = new Set(["OB", "OD", "OF", "OV", "OW", "SQ", "UN", "UT"]);

/** The bytes of a file. */
export function writeDicom(
  elements: Elements,
  { syntax = explicit, preamble = true, meta = true }: WriteOptions = {},
): Uint8Array {
  const implicit = syntax === "1.2.840.10008.1.2";
  const big = syntax === "1.2.840.10008.1.2.2";
  const dataSet = writeElements(elements, { implicit, big });
  const body = syntax === "1.2.840.10008.1.2.1.99" ? deflateRawSync(dataSet) : dataSet;
  const head = new Uint8Array(132);
  if (preamble === "tiff") head.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  head.set([0x44, 0x49, 0x43, 0x4d], 128);
  const group = writeElements({ "00020010": ["UI", syntax] }, { implicit: false, big: false });
  return Buffer.concat([preamble === false ? [] : [head], meta ? [group] : [], [body]].flat());
}

/** Pixel data in fragments: the offset table, then the fragments. */
export function fragments(table: readonly number[], parts: readonly Uint8Array[]): Uint8Array {
  const item = (bytes: Uint8Array): Uint8Array => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0xe000fffe, 0);
    head.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]);
  };
  const offsets = new Uint8Array(Uint32Array.from(table).buffer);
  return Buffer.concat([item(offsets), ...parts.map(item), Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])]);
}

interface Form {
  readonly implicit: boolean;
  readonly big: boolean;
}

function writeElements(elements: Elements, form: Form): Uint8Array {
  const tags = Object.keys(elements).sort();
  return Buffer.concat(tags.map((tag) => writeElement(tag, elements[tag] as Elements[string], form)));
}

// pixel data given as fragments has no length; everything else has
function writeElement(tag: string, [vr, value]: Elements[string], form: Form): Uint8Array {
  const bytes = encode(vr, value, form);
  const encapsulated = tag === "7fe00010" && bytes[0] === 0xfe && bytes[1] === 0xff;
  const length = encapsulated ? 0xffffffff : bytes.length;
  const head = Buffer.alloc(!form.implicit && long.has(vr) ? 12 : 8);
  const write16 = (v: number, at: number): unknown =>
    form.big ? head.writeUInt16BE(v, at) : head.writeUInt16LE(v, at);
  const write32 = (v: number, at: number): unknown =>
    form.big ? head.writeUInt32BE(v, at) : head.writeUInt32LE(v, at);
  write16(Number.parseInt(tag.slice(0, 4), 16), 0);
  write16(Number.parseInt(tag.slice(4), 16), 2);
  if (form.implicit) {
    write32(length, 4);
  } else {
    head.write(vr, 4, "latin1");
    if (long.has(vr)) write32(length, 8);
    else write16(length, 6);
  }
  return Buffer.concat([head, bytes]);
}

function encode(vr: string, value: Value, form: Form): Uint8Array {
  if (value instanceof Uint8Array) return even(value, 0);
  if (typeof value === "string") return even(Buffer.from(value, "latin1"), vr === "UI" ? 0 : 0x20);
  if (vr === "SQ") return Buffer.concat((value as readonly Elements[]).map((item) => writeItem(item, form)));
  const numbers = value as readonly number[];
  const size = vr === "US" || vr === "SS" || vr === "OW" ? 2 : 4;
  const bytes = Buffer.alloc(size * numbers.length);
  for (const [i, number] of numbers.entries()) {
    const bits = size === 2 ? number & 0xffff : number >>> 0;
    if (form.big) bytes.writeUIntBE(bits, i * size, size);
    else bytes.writeUIntLE(bits, i * size, size);
  }
  return bytes;
}

function writeItem(item: Elements, form: Form): Uint8Array {
  const bytes = writeElements(item, form);
  const head = Buffer.alloc(8);
  const words = [0xfffe, 0xe000];
  for (const [i, word] of words.entries())
    if (form.big) head.writeUInt16BE(word, 2 * i);
    else head.writeUInt16LE(word, 2 * i);
  if (form.big) head.writeUInt32BE(bytes.length, 4);
  else head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

function even(bytes: Uint8Array, pad: number): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([pad])]);
}

/** An image: 4 x 4 pixels of 16 bits counting up from `first`, of a CT, with what differs. */
export function image(more: Elements = {}, first = 0): Elements {
  return {
    "00080016": ["UI", "1.2.840.10008.5.1.4.1.1.2"],
    "00080018": ["UI", `1.2.3.${first}`],
    "00080060": ["CS", "CT"],
    "00100020": ["LO", "P1"],
    "0020000d": ["UI", "1.2.3.1000"],
    "0020000e": ["UI", "1.2.3.2000"],
    "00280002": ["US", [1]],
    "00280004": ["CS", "MONOCHROME2"],
    "00280010": ["US", [4]],
    "00280011": ["US", [4]],
    "00280100": ["US", [16]],
    "00280101": ["US", [16]],
    "00280102": ["US", [15]],
    "00280103": ["US", [0]],
    "7fe00010": ["OW", Array.from({ length: 16 }, (_, i) => first + i)],
    ...more,
  };
}

/** Position and orientation of an axial slice. */
export function slice(z: number, instance: number): Elements {
  return {
    "00200013": ["IS", String(instance)],
    "00200032": ["DS", `-100\\-80\\${z}`],
    "00200037": ["DS", "1\\0\\0\\0\\1\\0"],
  };
}
