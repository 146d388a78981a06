/**
 * Encapsulated pixel data (PS3.5 section A.4): which fragments make which frame. Found by the items' lengths, never by
 * searching for marks, which also occur inside of compressed pixels. Reads item headers only.
 */
import type { DataSet } from "dicom-parser";
import { bytesOf } from "./attributes.ts";
import type { ByteSource } from "./byte-source.ts";
import { unusable } from "./problem.ts";

/** Where bytes lie. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** The spans whose bytes, joined, are one frame. */
export type FrameSpans = readonly Span[];

interface Item extends Span {
  /** The item's tag and length start here. */
  readonly start: number;
}

const itemTag = 0xe000fffe;
const delimiterTag = 0xe0ddfffe;
const window = 4096;
const mostFragments = 1 << 20;

/** What finds the frames of encapsulated pixels. */
export interface FindFrames {
  readonly source: ByteSource;
  /** Where the first item, the basic offset table, starts. */
  readonly offset: number;
  readonly frames: number;
  readonly dataSet: DataSet;
  /** One fragment is one frame, always (RLE). */
  readonly fragmentIsFrame: boolean;
}

/**
 * The spans of every frame, by the extended or basic offset table where one fits, else one fragment a frame, else by the
 * marks that codestreams start and end with.
 *
 * @throws LejepaError E_DECODE when fragments are damaged or cannot be matched with the number of frames
 */
export async function findFrames(find: FindFrames): Promise<readonly FrameSpans[]> {
  const { table, fragments } = await readItems(find.source, find.offset);
  const { frames } = find;
  if (fragments.length === 0) throw unusable("has no fragments of pixel data");
  if (frames === 1) return [fragments];
  const byTable = offsetTables(find.dataSet, table, frames).map((offsets) => splitAt(fragments, offsets));
  const fitting = byTable.find((split) => split !== undefined);
  if (fitting !== undefined) return fitting;
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  const found = find.fragmentIsFrame ? [] : await splitByMarks(find.source, fragments);
  if (found.length !== frames) {
    throw unusable(`has ${fragments.length} fragments that cannot be matched with its ${frames} frames`);
  }
  return found;
}

/** The joined bytes of a frame. */
export async function readSpans(source: ByteSource, spans: FrameSpans): Promise<Uint8Array> {
  const total = spans.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(Math.min(total, source.size));
  let at = 0;
  for (const { offset, length } of spans) {
    const part = await source.read(offset, length);
    if (part.length < length) throw unusable("has pixel data that is cut short");
    whole.set(part, at);
    at += length;
  }
  return whole;
}

async function readItems(source: ByteSource, start: number): Promise<{ table: Uint8Array; fragments: Item[] }> {
  const read = windowed(source);
  const fragments: Item[] = [];
  let table: Uint8Array | undefined;
  for (let at = start; ; ) {
    const head = await read(at, 8);
    // a missing end is forgiven: what is there is checked by the decoder
    if (head.length < 8) break;
    const view = new DataView(head.buffer, head.byteOffset, 8);
    const [tag, length] = [view.getUint32(0, true), view.getUint32(4, true)];
    if (tag === delimiterTag) break;
    if (tag !== itemTag) throw unusable("has damaged fragments of pixel data");
    if (table === undefined) {
      if (at + 8 + length > source.size) throw unusable("has an offset table that is cut short");
      table = await source.read(at + 8, length);
    } else {
      // the last one may be cut: readSpans says so for the frame that needs it
      fragments.push({ start: at, offset: at + 8, length });
      if (fragments.length > mostFragments) throw unusable("has more than a million fragments");
    }
    at += 8 + length;
  }
  return { table: table ?? new Uint8Array(0), fragments };
}

// item headers of small fragments lie close together
function windowed(source: ByteSource): (offset: number, length: number) => Promise<Uint8Array> {
  let [from, bytes] = [0, new Uint8Array(0)];
  return async (offset, length) => {
    if (offset < from || offset + length > from + bytes.length) {
      from = offset;
      bytes = new Uint8Array(await source.read(offset, window));
    }
    return bytes.slice(offset - from, offset - from + length);
  };
}

function offsetTables(dataSet: DataSet, basic: Uint8Array, frames: number): number[][] {
  const extended = bytesOf(dataSet, "x7fe00001");
  const tables: number[][] = [];
  if (extended !== undefined && extended.length === 8 * frames) {
    const view = new DataView(extended.buffer, extended.byteOffset, extended.length);
    tables.push(Array.from({ length: frames }, (_, i) => Number(view.getBigUint64(8 * i, true))));
  }
  if (basic.length === 4 * frames) {
    const view = new DataView(basic.buffer, basic.byteOffset, basic.length);
    tables.push(Array.from({ length: frames }, (_, i) => view.getUint32(4 * i, true)));
  }
  return tables;
}

// undefined when an offset is not where a fragment starts: some writers get the table wrong
function splitAt(fragments: readonly Item[], offsets: readonly number[]): FrameSpans[] | undefined {
  const base = (fragments[0] as Item).start;
  const frameOf = new Map(offsets.map((offset, frame) => [base + offset, frame]));
  if (frameOf.size !== offsets.length) return undefined;
  const frames: Span[][] = offsets.map(() => []);
  let frame = -1;
  let met = 0;
  for (const fragment of fragments) {
    const next = frameOf.get(fragment.start);
    if (next !== undefined) {
      frame = next;
      met += 1;
    }
    if (frame < 0) return undefined;
    frames[frame]?.push(fragment);
  }
  return met === offsets.length ? frames : undefined;
}

async function splitByMarks(source: ByteSource, fragments: readonly Item[]): Promise<FrameSpans[]> {
  const frames: Span[][] = [];
  let ended = true;
  for (const fragment of fragments) {
    const head = await source.read(fragment.offset, 4);
    if (frames.length === 0 || (ended && startsCodestream(head))) frames.push([]);
    frames.at(-1)?.push(fragment);
    const tail = await source.read(Math.max(fragment.offset, fragment.offset + fragment.length - 4), 4);
    ended = endsCodestream(tail);
  }
  return frames;
}

// SOI of JPEG and JPEG-LS; SOC and SIZ of JPEG 2000
function startsCodestream(head: Uint8Array): boolean {
  return head[0] === 0xff && (head[1] === 0xd8 || (head[1] === 0x4f && head[2] === 0xff && head[3] === 0x51));
}

// EOI or EOC, perhaps padded
function endsCodestream(tail: Uint8Array): boolean {
  return [2, 3, 4].some((back) => tail[tail.length - back] === 0xff && tail[tail.length - back + 1] === 0xd9);
}
