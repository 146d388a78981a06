/**
 * Walks the headers of a tar file without reading what lies between them, for random access to its entries. Nothing is
 * ever extracted, so names are names and not paths. Not for compressed archives.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Header, Pax } from "tar";

/** A regular file in an archive. */
export interface TarEntry {
  readonly name: string;
  /** Where its bytes begin, and how many there are. */
  readonly offset: number;
  readonly bytes: number;
}

/** What a walk found. */
export interface TarWalk {
  readonly entries: readonly TarEntry[];
  /** Links, devices and whatever else is no file; folders are not counted. */
  readonly others: number;
  /** Why the walk ended before the archive did, and the entry that is not whole. */
  readonly damage: { readonly reason: "cut off" | "damaged"; readonly name: string | undefined } | undefined;
}

const block = 512;
const largestMeta = 1 << 20;
const files: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);
const extended: ReadonlySet<string> = new Set(["ExtendedHeader", "OldExtendedHeader", "GlobalExtendedHeader"]);
const longNames: ReadonlySet<string> = new Set(["NextFileHasLongPath", "OldGnuLongPath", "NextFileHasLongLinkpath"]);

interface Walk {
  readonly fd: number;
  readonly size: number;
  readonly entries: TarEntry[];
  others: number;
  at: number;
  /** From extended headers: for the next entry, and for all that follow. */
  next: Pax | undefined;
  all: Pax | undefined;
}

/** Lists the files of an archive up to its end or its first damage. Throws what opening the file throws. */
export function walkTar(path: string): TarWalk {
  const fd = openSync(path, "r");
  try {
    const walk: Walk = { fd, size: fstatSync(fd).size, entries: [], others: 0, at: 0, next: undefined, all: undefined };
    let damage: TarWalk["damage"] | "end";
    do damage = step(walk);
    while (damage === undefined);
    return { entries: walk.entries, others: walk.others, damage: damage === "end" ? undefined : damage };
  } finally {
    closeSync(fd);
  }
}

/** The bytes of an entry, or of its beginning. */
export function readEntry(path: string, { offset, bytes }: Pick<TarEntry, "offset" | "bytes">): Buffer {
  const fd = openSync(path, "r");
  try {
    return readAt(fd, offset, bytes);
  } finally {
    closeSync(fd);
  }
}

function step(walk: Walk): TarWalk["damage"] | "end" {
  const { fd, at, size } = walk;
  if (at + block > size) return { reason: "cut off", name: undefined };
  const header = new Header(readAt(fd, at, block), 0, walk.next, walk.all);
  if (header.nullBlock) return "end";
  if (!header.cksumValid || header.size === undefined || !Number.isSafeInteger(header.size))
    return { reason: "damaged", name: undefined };
  const offset = at + block;
  const name = header.path ?? "";
  if (offset + header.size > size) return { reason: "cut off", name };
  walk.at = offset + Math.ceil(header.size / block) * block;
  if (extended.has(header.type) || longNames.has(header.type)) {
    if (header.size > largestMeta) return { reason: "damaged", name: undefined };
    readMeta(walk, header, readAt(fd, offset, header.size).toString("utf8"));
    return undefined;
  }
  walk.next = undefined;
  if (files.has(header.type)) walk.entries.push({ name, offset, bytes: header.size });
  else if (header.type !== "Directory") walk.others += 1;
  return undefined;
}

function readMeta(walk: Walk, { type }: Header, text: string): void {
  if (type === "GlobalExtendedHeader") walk.all = Pax.parse(text, walk.all, true);
  else if (extended.has(type)) walk.next = Pax.parse(text, walk.next, false);
  else if (type !== "NextFileHasLongLinkpath") walk.next = new Pax({ ...walk.next, path: text.replace(/\0.*$/s, "") });
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
