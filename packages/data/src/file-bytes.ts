/**
 * Reads and writes of exactly so many bytes, and how many there are.
 */
import { readSync, statSync, writeSync } from "node:fs";

/** Size of a file in bytes; 0 when it cannot be asked (whoever opens it will say why). */
export function fileSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** Writes all bytes at an offset (a single write may take fewer). */
export function writeFully(handle: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done, bytes.length - done, offset + done);
}

/** Fills `bytes` from an offset; throws when the file ends before. */
export function readFully(handle: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(handle, bytes, done, bytes.length - done, offset + done);
    if (count === 0) throw new RangeError("the file is shorter than its header says");
    done += count;
  }
}
