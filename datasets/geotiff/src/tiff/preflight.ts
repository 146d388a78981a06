/**
 * Walks the directories of a TIFF file before geotiff parses them, since geotiff allocates by the counts that it finds:
 * every directory and every value must lie within the file, and the chain of directories must end. Values are not looked at.
 * TIFF 6.0, section 2; BigTIFF as in libtiff's description.
 */
import { notTiff, unreadable } from "./problem.ts";
import { readExactly, type ByteSource } from "./source.ts";

const mostDirectories = 4096;
const mostEntries = 4096;
// bytes of a value by field type: BYTE, ASCII, SHORT, LONG, RATIONAL, ... ; 0: no such type
const typeSizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

interface Header {
  readonly source: ByteSource;
  readonly littleEndian: boolean;
  readonly big: boolean;
}

/**
 * Checks all directories.
 *
 * @returns the number of directories, and the byte order
 * @throws LejepaError E_DECODE for what is no TIFF, is truncated or leads in a circle
 */
export async function preflight(
  source: ByteSource,
): Promise<{ readonly directories: number; readonly littleEndian: boolean; readonly big: boolean }> {
  const header = await readHeader(source);
  const seen = new Set<number>();
  let offset = header.first;
  while (offset !== 0) {
    if (seen.has(offset)) throw unreadable(source.name, "Its directories lead in a circle");
    if (seen.size === mostDirectories) throw unreadable(source.name, `It has more than ${mostDirectories} directories`);
    seen.add(offset);
    offset = await checkDirectory(header, offset);
  }
  if (seen.size === 0) throw unreadable(source.name, "It has no image");
  return { directories: seen.size, littleEndian: header.littleEndian, big: header.big };
}

async function readHeader(source: ByteSource): Promise<Header & { readonly first: number }> {
  const bytes = await source.read(0, 16);
  if (bytes.length < 8) throw unreadable(source.name, bytes.length === 0 ? "The file is empty" : notTiff);
  const view = viewOf(bytes);
  const order = view.getUint16(0);
  const littleEndian = order === 0x4949;
  const magic = view.getUint16(2, littleEndian);
  if ((order !== 0x4949 && order !== 0x4d4d) || (magic !== 42 && magic !== 43)) throw unreadable(source.name, notTiff);
  const big = magic === 43;
  if (big && (bytes.length < 16 || view.getUint16(4, littleEndian) !== 8)) throw unreadable(source.name, notTiff);
  return { source, littleEndian, big, first: big ? uint64(view, 8, littleEndian) : view.getUint32(4, littleEndian) };
}

/** Checks one directory and returns the offset of the next. */
async function checkDirectory({ source, littleEndian, big }: Header, offset: number): Promise<number> {
  const [countSize, entrySize] = big ? [8, 20] : [2, 12];
  const head = viewOf(await readExactly(source, offset, countSize, "directory"));
  const entries = big ? uint64(head, 0, littleEndian) : head.getUint16(0, littleEndian);
  if (entries > mostEntries) throw unreadable(source.name, `A directory has ${entries} entries`);
  const length = entries * entrySize + (big ? 8 : 4);
  const view = viewOf(await readExactly(source, offset + countSize, length, "directory"));
  for (let i = 0; i < entries; i++) checkEntry({ source, littleEndian, big }, view, i * entrySize);
  const next = entries * entrySize;
  return big ? uint64(view, next, littleEndian) : view.getUint32(next, littleEndian);
}

function checkEntry({ source, littleEndian, big }: Header, view: DataView, at: number): void {
  const tag = view.getUint16(at, littleEndian);
  const size = typeSizes[view.getUint16(at + 2, littleEndian)] ?? 0;
  if (size === 0) throw unreadable(source.name, `Tag ${tag} has an unknown type`);
  const count = big ? uint64(view, at + 4, littleEndian) : view.getUint32(at + 4, littleEndian);
  const bytes = size * count;
  if (bytes <= (big ? 8 : 4)) return;
  const offset = big ? uint64(view, at + 12, littleEndian) : view.getUint32(at + 8, littleEndian);
  if (offset + bytes > source.size) {
    throw unreadable(source.name, `The file ends before the values of tag ${tag}`, "It is truncated or damaged.");
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function uint64(view: DataView, at: number, littleEndian: boolean): number {
  return Number(view.getBigUint64(at, littleEndian));
}
