/**
 * Opens what an item's source names: a file, or a file in a ZIP archive, which may be in another one. A deflated entry is
 * inflated only as far as it is read.
 */
import { constants, inflateRawSync } from "node:zlib";
import { LejepaError } from "@lejepa/contracts";
import { memorySource, openFile, type ByteSource } from "./byte-source.ts";
import type { ArchiveEntry, FramePlace } from "./index-types.ts";
import { unusable } from "./problem.ts";

/** Opens a file. Rejects with LejepaError E_IO, or E_DECODE for a damaged archive. */
export async function openSource({ path, entries = [] }: Omit<FramePlace, "frame">): Promise<ByteSource> {
  let source: ByteSource;
  try {
    source = await openFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LejepaError({
      code: "E_IO",
      where: "DICOM file",
      problem: `cannot be opened (${code ?? "unknown error"})`,
    });
  }
  const { close } = source;
  try {
    for (const entry of entries) source = await openEntry(source, entry);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...source, close };
}

const largestEntry = 1 << 30;
const localHeader = 30;

/**
 * A file in an archive.
 *
 * @throws LejepaError E_DECODE when there is no such entry, or it is larger than 1 GiB
 */
export async function openEntry(archive: ByteSource, entry: ArchiveEntry): Promise<ByteSource> {
  const { offset, compressedSize, size, method } = entry;
  const head = await archive.read(offset, localHeader);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < localHeader || view.getUint32(0, true) !== 0x04034b50) throw unusable("is in a damaged archive");
  const start = offset + localHeader + view.getUint16(26, true) + view.getUint16(28, true);
  const version = `${archive.version} ${offset} ${size}`;
  if (method === 0) {
    const read: ByteSource["read"] = (from, length) =>
      archive.read(start + from, Math.max(0, Math.min(length, size - from)));
    return { size, version, read, close: async () => {} };
  }
  if (size > largestEntry) throw unusable("is larger than 1 GiB in its archive");
  return { ...inflating({ archive, start, compressedSize, size }), version };
}

const firstPiece = 64 << 10;

interface Deflated {
  readonly archive: ByteSource;
  readonly start: number;
  readonly compressedSize: number;
  readonly size: number;
}

function inflating({ archive, start, compressedSize, size }: Deflated): ByteSource {
  let piece = firstPiece;
  let inflated: Uint8Array = new Uint8Array(0);
  let done = false;
  const inflateTo = async (end: number): Promise<void> => {
    while (inflated.length < end && !done) {
      done = piece >= compressedSize;
      const deflated = await archive.read(start, Math.min(piece, compressedSize));
      try {
        // a directory that lies about the size is a bomb
        inflated = inflateRawSync(deflated, {
          finishFlush: constants.Z_SYNC_FLUSH,
          maxOutputLength: Math.max(1, size),
        });
      } catch {
        throw unusable("is damaged in its archive, or larger than the archive says");
      }
      piece = end >= size ? compressedSize : piece * 8;
    }
  };
  return {
    ...memorySource(inflated),
    size,
    async read(offset, length) {
      await inflateTo(Math.min(size, offset + length));
      return inflated.subarray(offset, offset + length);
    },
  };
}
