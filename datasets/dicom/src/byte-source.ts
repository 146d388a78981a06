/**
 * Where a file's bytes come from: a file on disk read in pieces, or bytes in memory. No caching; a reader asks for what it
 * needs.
 */
import { open, stat } from "node:fs/promises";

/** Random access to the bytes of one file. */
export interface ByteSource {
  readonly size: number;
  /** Another one when the file has changed. */
  readonly version: string;
  /** The bytes from `offset`; fewer than `length` at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file on disk. Rejects as `fs.open` does, and for what is no file: opening a pipe would wait for its other end. */
export async function openFile(path: string): Promise<ByteSource> {
  if (!(await stat(path)).isFile()) throw Object.assign(new Error("not a file"), { code: "not a file" });
  const handle = await open(path, "r");
  try {
    const { size, mtimeMs } = await handle.stat();
    return {
      size,
      version: `${size} ${mtimeMs}`,
      read: (offset, length) => readFully(handle, offset, Math.min(length, size - offset)),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A source whose first bytes are read once, however often they are asked for. */
export async function withHead(source: ByteSource, length: number): Promise<ByteSource> {
  const head = await source.read(0, length);
  return {
    ...source,
    read: async (from, wanted) => {
      const inside = from + Math.min(wanted, source.size - from) <= head.length;
      return inside ? head.subarray(from, from + wanted) : source.read(from, wanted);
    },
  };
}

/** Bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    version: String(bytes.length),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    close: async () => {},
  };
}

async function readFully(
  handle: Awaited<ReturnType<typeof open>>,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const buffer = new Uint8Array(Math.max(0, length));
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
