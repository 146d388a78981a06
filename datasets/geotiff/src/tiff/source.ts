/**
 * Where the bytes of a file come from: a local file (small ones read at once) or a server that answers to ranges. Reads are
 * bounded by the file's size, so no number of a damaged header can ask for more. Shaped as geotiff's source, which parses
 * through it.
 */
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
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const { size } = await handle.stat();
    if (size <= smallFile) {
      const bytes = await readAt(handle, 0, size);
      await handle.close();
      return { name, size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length), close: async () => {} };
    }
    const file = handle;
    return { name, size, read: (at, length) => readAt(file, at, Math.max(0, Math.min(length, size - at))), close: () => file.close() };
  } catch (cause) {
    await handle?.close().catch(() => {});
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
export async function readExactly(source: ByteSource, offset: number, length: number, what: string): Promise<Uint8Array> {
  const bytes = offset + length <= source.size ? await source.read(offset, length) : new Uint8Array(0);
  if (bytes.length === length) return bytes;
  throw unreadable(source.name, `The file ends before its ${what}`, "It is truncated or damaged: fetch it again.");
}
