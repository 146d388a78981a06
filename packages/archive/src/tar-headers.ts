/**
 * Reads the 512-byte headers of a tar file one after another, with the extended headers that belong to the next entry: ustar,
 * GNU long names, pax. Where the bytes come from is the caller's.
 */
import { Header, Pax } from "tar";

/** Length of a header; contents are padded to a multiple of it. */
export const blockBytes = 512;

/** What a header says. `meta`: `bytes` of text follow that `addMeta` wants. */
export type TarStep =
  | { readonly kind: "end" }
  | { readonly kind: "damaged" }
  | { readonly kind: "meta"; readonly bytes: number }
  | {
      readonly kind: "file" | "folder" | "other";
      readonly name: string;
      readonly bytes: number;
      readonly type: string;
    };

/** A reader that remembers extended headers. */
export interface TarHeaders {
  next(block: Buffer): TarStep;
  addMeta(text: Buffer): void;
}

// more than this no honest extended header has
const largestMeta = 1 << 20;
const files: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);
const extended: ReadonlySet<string> = new Set(["ExtendedHeader", "OldExtendedHeader", "GlobalExtendedHeader"]);
const longNames: ReadonlySet<string> = new Set(["NextFileHasLongPath", "OldGnuLongPath", "NextFileHasLongLinkpath"]);

/** A reader at the beginning of an archive. */
export function createTarHeaders(): TarHeaders {
  let own: Pax | undefined;
  let all: Pax | undefined;
  let pending = "";
  return {
    next(block) {
      const header = decode(block, own, all);
      if (header === undefined) return { kind: "damaged" };
      if (header.nullBlock) return { kind: "end" };
      const { size, type, path: name = "", cksumValid } = header;
      if (!cksumValid || size === undefined || !Number.isSafeInteger(size)) return { kind: "damaged" };
      if (extended.has(type) || longNames.has(type)) {
        pending = type;
        return size > largestMeta ? { kind: "damaged" } : { kind: "meta", bytes: size };
      }
      own = undefined;
      const kind = files.has(type) ? "file" : type === "Directory" ? "folder" : "other";
      return { kind, name, bytes: size, type };
    },
    addMeta(text) {
      const body = text.toString("utf8");
      if (pending === "GlobalExtendedHeader") all = Pax.parse(body, all, true);
      else if (extended.has(pending)) own = Pax.parse(body, own, false);
      else if (pending !== "NextFileHasLongLinkpath") own = new Pax({ ...own, path: body.replace(/\0.*$/s, "") });
    },
  };
}

// the library throws for some numbers that cannot be
function decode(block: Buffer, own: Pax | undefined, all: Pax | undefined): Header | undefined {
  try {
    return new Header(block, 0, own, all);
  } catch {
    return undefined;
  }
}

/** Length of contents with their padding. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}
