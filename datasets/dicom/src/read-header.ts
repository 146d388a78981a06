/**
 * Reads the header of a DICOM file up to its pixels, in pieces, so that pixels at the end are never touched. Parsing is
 * `dicom-parser`'s; what is added is the start of odd files, growing pieces, a bound on everything, and errors without text
 * of the file.
 */
import { inflateRawSync, constants } from "node:zlib";
// CommonJS whose names Node does not find
import dicomParser, { type ByteArrayParser, type DataSet, type Element } from "dicom-parser";
import { isLejepaError } from "@lejepa/contracts";
import { memorySource, type ByteSource } from "./byte-source.ts";
import { unusable } from "./problem.ts";
import { encodingOf, findDataSet, type Encoding, type StartOfFile } from "./start-of-file.ts";
import { describeRefused, transferSyntax, type TransferSyntax } from "./transfer-syntaxes.ts";

/** Where the pixels are; offsets count from the start of what `openPixels` gives. */
export interface PixelElement {
  /** Integers, or 32-bit or 64-bit floats (PS3.5 section A.4). */
  readonly type: "integer" | "float" | "double";
  readonly vr: string | undefined;
  readonly offset: number;
  /** Undefined: encapsulated in fragments. */
  readonly length: number | undefined;
}

/** A parsed header. Keeps no file open. */
export interface DicomHeader {
  readonly dataSet: DataSet;
  readonly syntax: TransferSyntax;
  readonly pixels: PixelElement | undefined;
  /** The bytes that the pixels are in: the file itself, or what was deflated. */
  openPixels(source: ByteSource): Promise<ByteSource>;
}

/** Bytes that a header is looked for in first; most fit. */
export const firstPiece = 32 << 10;
const growth = 8;
/** Headers of real enhanced objects reach some ten MiB; parsed, one of 32 MiB can take 1 GiB. */
const largestHeader = 32 << 20;
// more than the first piece can inflate to, at 1032 to 1
const largestInflatedHeader = 40 << 20;
const largestInflated = 512 << 20;
const mostReads = 3_000_000;
const pixelTags = { x7fe00010: "integer", x7fe00008: "float", x7fe00009: "double" } as const;

/** Options of `readHeader`. */
export interface ReadHeaderOptions {
  /** When the elements read so far are enough, the rest is not read. */
  readonly enough?: (dataSet: DataSet) => boolean;
}

/**
 * Reads and parses the header of `source`.
 *
 * @throws LejepaError E_DECODE when it is empty, no DICOM, cut short, damaged, or of a transfer syntax that is not supported
 */
export async function readHeader(source: ByteSource, { enough }: ReadHeaderOptions = {}): Promise<DicomHeader> {
  if (source.size === 0) throw unusable("is empty");
  for (let piece = firstPiece; ; piece = Math.min(piece * growth, largestHeader)) {
    const bytes = await source.read(0, piece);
    const whole = bytes.length >= source.size;
    const start = findDataSet(bytes);
    if (start === undefined) throw unusable("is not a DICOM file: no DICM mark, and no data set without one");
    const parsed = parse(bytes, start, whole);
    if (parsed.complete || enough?.(parsed.dataSet) === true) return header(parsed, start);
    if (whole) throw cutShort(bytes, start);
    if (piece === largestHeader) throw unusable("has a header of more than 32 MiB");
  }
}

interface Parsed {
  readonly dataSet: DataSet;
  readonly syntax: TransferSyntax;
  /** Offset of the data set in what `openPixels` gives. */
  readonly base: number;
  readonly complete: boolean;
}

function cutShort(bytes: Uint8Array, { offset }: StartOfFile): Error {
  if (offset + 8 > bytes.length) return unusable("ends before its data set starts");
  return unusable("has a header that is cut short or damaged");
}

function parse(bytes: Uint8Array, start: StartOfFile, whole: boolean): Parsed {
  const said = start.syntaxUid === undefined ? undefined : transferSyntax(start.syntaxUid);
  if (start.syntaxUid !== undefined && said === undefined) {
    throw unusable(`transfer syntax ${describeRefused(start.syntaxUid)}`, "Convert the file with another tool first.");
  }
  const deflated = said?.deflated === true;
  const data = deflated ? inflatePiece(bytes.subarray(start.offset)) : bytes.subarray(start.offset);
  const encoding = encodingOf(data, { syntaxUid: start.syntaxUid, offset: 0 });
  if (encoding === undefined) throw cutShort(bytes, start);
  const syntax = said ?? (transferSyntax(uidOf(encoding)) as TransferSyntax);
  const result = parseElements(data, encoding);
  const reached = Object.keys(pixelTags).some((tag) => tag in result.dataSet.elements);
  return { ...result, syntax, base: deflated ? 0 : start.offset, complete: reached || (whole && result.complete) };
}

function uidOf({ implicit, bigEndian }: Encoding): string {
  if (implicit) return "1.2.840.10008.1.2";
  return bigEndian ? "1.2.840.10008.1.2.2" : "1.2.840.10008.1.2.1";
}

function parseElements(data: Uint8Array, encoding: Encoding): { dataSet: DataSet; complete: boolean } {
  const count = { left: mostReads };
  const bytes = withKnownVrs(data);
  const stream = new dicomParser.ByteStream(countedParser(encoding, count), bytes, 0);
  const dataSet = new DataSetClass(stream.byteArrayParser, bytes, {});
  dataSet.warnings = stream.warnings;
  const { parseDicomDataSetExplicit, parseDicomDataSetImplicit } = dicomParser;
  const parseDataSet = encoding.implicit ? parseDicomDataSetImplicit : parseDicomDataSetExplicit;
  try {
    parseDataSet(dataSet, stream, bytes.length, { untilTag: "x7fe00010" });
    return { dataSet, complete: true };
  } catch (error) {
    if (isLejepaError(error)) throw error;
    // what was read before the end of the piece, or before damage
    return { dataSet, complete: false };
  } finally {
    count.left = Infinity;
  }
}

// not in the types
const { DataSet: DataSetClass } = dicomParser as unknown as {
  DataSet: new (parser: ByteArrayParser, bytes: Uint8Array, elements: Record<string, Element>) => DataSet;
};

// every element reads two or three words: a few kilobytes that inflate to zeros must not become millions of elements
function countedParser({ bigEndian }: Encoding, count: { left: number }): ByteArrayParser {
  const parser = bigEndian ? dicomParser.bigEndianByteArrayParser : dicomParser.littleEndianByteArrayParser;
  return {
    ...parser,
    readUint16: (bytes, at) => {
      count.left -= 1;
      if (count.left < 0) throw unusable("has a header of more than a million elements");
      return parser.readUint16(bytes, at);
    },
  };
}

// the parser takes OV, the VR of extended offset tables, for one with a short length: OB has the same form
function withKnownVrs(data: Uint8Array): Uint8Array {
  let known = data;
  for (const element of [1, 2]) {
    const at = Buffer.from(data.buffer, data.byteOffset, data.length).indexOf(
      Uint8Array.of(0xe0, 0x7f, element, 0, 0x4f, 0x56, 0, 0),
    );
    if (at < 0) continue;
    if (known === data) known = Uint8Array.from(data);
    known[at + 5] = 0x42;
  }
  return known;
}

function header({ dataSet, syntax, base }: Parsed, start: StartOfFile): DicomHeader {
  const tag = (["x7fe00010", "x7fe00008", "x7fe00009"] as const).find((name) => name in dataSet.elements);
  const element = tag === undefined ? undefined : (dataSet.elements[tag] as Element);
  const pixels =
    tag === undefined || element === undefined
      ? undefined
      : {
          type: pixelTags[tag],
          vr: element.vr,
          offset: base + element.dataOffset,
          length: element.hadUndefinedLength === true ? undefined : element.length,
        };
  return {
    dataSet,
    syntax,
    pixels,
    openPixels: (source) => (syntax.deflated ? inflateAll(source, start.offset, pixels) : Promise.resolve(source)),
  };
}

function inflatePiece(deflated: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: largestInflatedHeader });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw unusable("inflates to a header of more than 40 MiB");
    }
    throw unusable("has a deflated data set that is damaged");
  }
}

async function inflateAll(source: ByteSource, start: number, pixels: PixelElement | undefined): Promise<ByteSource> {
  const needed = pixels === undefined ? 0 : pixels.offset + (pixels.length ?? 0);
  if (needed > largestInflated) throw unusable("inflates to more than 512 MiB");
  const deflated = await source.read(start, source.size - start);
  try {
    // elements may follow the pixels
    const limits = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: needed + (64 << 20) };
    return memorySource(inflateRawSync(deflated, limits));
  } catch (error) {
    const bomb = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw unusable(bomb ? "inflates to far more than its pixels" : "has a deflated data set that is damaged");
  }
}
