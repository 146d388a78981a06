/**
 * Where the bytes of a file come from: a local file (small ones read at once) or a server that answers to ranges. Reads are
 * bounded by the file's size, so no number of a damaged header can ask for more. Shaped as geotiff's source, which parses
 * through it.
 */
import { readFileSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { LejepaError } from "@lejepa/contracts";
import { openRemote } from "./remote.ts";
import { unreadable } from "./problem.ts";

/** Bytes of one file. */
export interface ByteSource {
  /** The file's name alone, for messages. */
  readonly name: string;
  readonly size: number;
  /** The bytes from `offset`; fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const smallFile = 1 << 19;

/** Whether a path is a URL that ranges are read from. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/**
 * Opens a file or URL.
 *
 * @throws LejepaError E_IO when there is nothing to read there
 */
export async function openSource(path: string): Promise<ByteSource> {
  return isUrl(path) ? openRemote(path) : openFile(path);
}

async function openFile(path: string): Promise<ByteSource> {
  const name = basename(path);
  try {
    const { size } = statSync(path);
    if (size > smallFile) return fileSource(path, { name, size, handle: await open(path, "r") });
    // four trips to the thread pool cost more than reading a small file
    const { buffer, byteOffset, byteLength } = readFileSync(path);
    // no Buffer: its slices are views
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return {
      name,
      size: bytes.length,
      read: async (at, length) => bytes.subarray(at, at + length),
      close: async () => {},
    };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LejepaError({
      code: "E_IO",
      where: name,
      expected: "a file that can be read",
      got: code === "ENOENT" ? "nothing there" : String(code),
      cause,
    });
  }
}

interface OpenFile {
  readonly name: string;
  readonly size: number;
  readonly handle: FileHandle;
}

// who still holds a source that was closed for room may read on: the file is opened for that read
function fileSource(path: string, { name, size, handle }: OpenFile): ByteSource {
  let [reading, closed] = [0, false];
  const read = async (at: number, length: number): Promise<Uint8Array> => {
    if (closed) {
      const again = await open(path, "r");
      return readAt(again, at, length).finally(() => again.close());
    }
    reading += 1;
    try {
      return await readAt(handle, at, length);
    } finally {
      reading -= 1;
      if (closed && reading === 0) await handle.close();
    }
  };
  return {
    name,
    size,
    read: withChunks((at, length) => read(at, Math.max(0, Math.min(length, size - at)))),
    async close() {
      if (closed) return;
      closed = true;
      if (reading === 0) await handle.close();
    },
  };
}

const chunkSize = 1 << 17;

// strips of a few rows lie side by side: a read for each costs more than decoding it
function withChunks(read: ByteSource["read"]): ByteSource["read"] {
  let start = 0;
  let chunk: Uint8Array = new Uint8Array(0);
  return async (at, length) => {
    if (length > chunkSize / 4) return read(at, length);
    if (at < start || at + length > start + chunk.length) {
      // two reads may cross: each answers from its own chunk
      const bytes = await read(at, chunkSize);
      [start, chunk] = [at, bytes];
      return bytes.subarray(0, length);
    }
    return chunk.subarray(at - start, at - start + length);
  };
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

/**
 * Exactly these bytes.
 *
 * @throws LejepaError E_DECODE when the file ends before
 */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  const bytes = offset + length <= source.size ? await source.read(offset, length) : new Uint8Array(0);
  if (bytes.length === length) return bytes;
  throw unreadable(source.name, `The file ends before its ${what}`, "It is truncated or damaged: fetch it again.");
}
