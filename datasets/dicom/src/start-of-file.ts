/**
 * Where the data set of a DICOM file starts and how it is encoded: preamble, file meta group, or neither (PS3.10 chapter 7),
 * by the first bytes. The header itself is not parsed here.
 */
import { transferSyntax } from "./transfer-syntaxes.ts";

/** How the elements of a data set are written. */
export interface Encoding {
  readonly implicit: boolean;
  readonly bigEndian: boolean;
}

/** What the first bytes of a file say. */
export interface StartOfFile {
  /** Transfer syntax UID of the meta group; absent in a file without one. */
  readonly syntaxUid: string | undefined;
  /** Where the data set starts. */
  readonly offset: number;
}

const magic = [0x44, 0x49, 0x43, 0x4d] as const;
const vrs = new Set(
  "AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split(" "),
);
const longVrs = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);

/** Whether the first bytes may be those of a DICOM file, with or without preamble. */
export function looksLikeDicom(head: Uint8Array): boolean {
  if (hasMagic(head, 128)) return true;
  const view = viewOf(head);
  if (head.length < 16) return false;
  const meta = view.getUint16(0, true) === 2 && guessEncoding(head, 0) !== undefined;
  return meta || guessEncoding(head, 0, [8]) !== undefined;
}

/** Finds the data set, or returns undefined when this is no DICOM file. `head` holds at least the file's meta group. */
export function findDataSet(head: Uint8Array): StartOfFile | undefined {
  if (hasMagic(head, 128)) return readMeta(head, 132);
  if (!looksLikeDicom(head)) return undefined;
  return viewOf(head).getUint16(0, true) === 2 ? readMeta(head, 0) : { syntaxUid: undefined, offset: 0 };
}

/**
 * How the data set at `offset` is written, by its first element: some files say explicit and are implicit, or say nothing.
 * Undefined when no element of a low group is there.
 */
function guessEncoding(bytes: Uint8Array, offset: number, groups?: readonly number[]): Encoding | undefined {
  if (offset + 8 > bytes.length) return undefined;
  const view = viewOf(bytes);
  const vr = String.fromCharCode(bytes[offset + 4] as number, bytes[offset + 5] as number);
  const known = vrs.has(vr);
  for (const bigEndian of [false, true]) {
    const [group, element] = [view.getUint16(offset, !bigEndian), view.getUint16(offset + 2, !bigEndian)];
    if (!(groups?.includes(group) ?? (group > 0 && group <= 0x28)) || element > 0x2000) continue;
    if (known) return { implicit: false, bigEndian };
    const length = view.getUint32(offset + 4, true);
    if (!bigEndian && length <= 0x4000) return { implicit: true, bigEndian: false };
  }
  return undefined;
}

/** How the data set is written: what the transfer syntax says, unless the first element shows otherwise. */
export function encodingOf(bytes: Uint8Array, { syntaxUid, offset }: StartOfFile): Encoding | undefined {
  const seen = guessEncoding(bytes, offset);
  if (syntaxUid === undefined) return seen;
  const said = transferSyntax(syntaxUid) ?? { implicit: false, bigEndian: false };
  if (seen === undefined || seen.bigEndian !== said.bigEndian) return said;
  return seen;
}

// group 2 is explicit little endian in every file; its length element is often wrong, so elements are walked
function readMeta(bytes: Uint8Array, start: number): StartOfFile {
  const view = viewOf(bytes);
  let at = start;
  let syntaxUid: string | undefined;
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 2) {
    const element = view.getUint16(at + 2, true);
    const vr = String.fromCharCode(bytes[at + 4] as number, bytes[at + 5] as number);
    const long = longVrs.has(vr);
    if (long && at + 12 > bytes.length) break;
    const known = vrs.has(vr);
    const length = known
      ? long
        ? view.getUint32(at + 8, true)
        : view.getUint16(at + 6, true)
      : view.getUint32(at + 4, true);
    const value = at + (long ? 12 : 8);
    if (value + length > bytes.length) break;
    if (element === 0x10) syntaxUid = uidOf(bytes.subarray(value, value + length));
    at = value + length;
  }
  return { syntaxUid, offset: at };
}

function uidOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 64)).replace(/[\0 ]+$/, "");
  return text === "" ? undefined : text;
}

function hasMagic(bytes: Uint8Array, at: number): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
