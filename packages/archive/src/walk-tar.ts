/**
 * Walks the headers of a tar file without reading what lies between them, for random access to its entries. Nothing is
 * ever extracted, so names are names and not paths. Not for compressed archives.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { blockBytes, createTarHeaders, padded } from "./tar-headers.ts";

/** A regular file in an archive. */
export interface TarEntry {
  readonly name: string;
  /** Where its bytes begin, and how many there are. */
  readonly offset: number;
  readonly bytes: number;
  /** What the walk was asked to read on its way. */
  readonly contents?: Buffer;
}

/** What a walk found. */
export interface TarWalk {
  readonly entries: readonly TarEntry[];
  /** Links, devices and whatever else is no file; folders are not counted. */
  readonly others: number;
  /** Why the walk ended before the archive did, and the entry that is not whole. */
  readonly damage: { readonly reason: "cut off" | "damaged"; readonly name: string | undefined } | undefined;
}

/**
 * Lists the files of an archive up to its end or its first damage. Throws what opening the file throws.
 *
 * @param read which small files to read on the way
 */
export function walkTar(path: string, read: (name: string, bytes: number) => boolean = () => false): TarWalk {
  return withFile(path, (fd) => {
    const { size } = fstatSync(fd);
    const headers = createTarHeaders();
    const entries: TarEntry[] = [];
    const stop = (damage: TarWalk["damage"]): TarWalk => ({ entries, others, damage });
    let others = 0;
    for (let at = 0; ; ) {
      if (at + blockBytes > size) return stop({ reason: "cut off", name: undefined });
      const step = headers.next(readAt(fd, at, blockBytes));
      if (step.kind === "end") return stop(undefined);
      if (step.kind === "damaged") return stop({ reason: "damaged", name: undefined });
      const offset = at + blockBytes;
      if (offset + step.bytes > size) return stop({ reason: "cut off", name: "name" in step ? step.name : undefined });
      if (step.kind === "meta") headers.addMeta(readAt(fd, offset, step.bytes));
      if (step.kind === "file") {
        const contents = read(step.name, step.bytes) ? readAt(fd, offset, step.bytes) : undefined;
        entries.push({ name: step.name, offset, bytes: step.bytes, ...(contents !== undefined && { contents }) });
      }
      if (step.kind === "other") others += 1;
      at = offset + padded(step.bytes);
    }
  });
}

/** The bytes of an entry. Throws RangeError when the file ends before them. */
export function readEntry(path: string, { offset, bytes }: Pick<TarEntry, "offset" | "bytes">): Buffer {
  return withFile(path, (fd) => readAt(fd, offset, bytes));
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, "r");
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, buffer, done, length - done, position + done);
    if (read === 0) throw new RangeError("ends before it should");
    done += read;
  }
  return buffer;
}
