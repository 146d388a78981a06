/**
 * Lists the files of a ZIP archive. Reading one of them is `open-source.ts`.
 */
import type { ByteSource } from "./byte-source.ts";
import type { ArchiveEntry } from "./index-types.ts";

/** A file of an archive, or why it cannot be read. */
export type ListedEntry = { readonly name: string } & (
  | { readonly entry: ArchiveEntry }
  | { readonly unreadable: string }
);

const mostEntries = 1_000_000;

/** Whether the first bytes are those of a ZIP archive. */
export function looksLikeZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/** The files of an archive, sorted by name. Rejects when its directory cannot be read. */
export async function listArchive(source: ByteSource): Promise<ListedEntry[]> {
  const { Reader, ZipReader } = await import("@zip.js/zip.js");
  class SourceReader extends Reader<ByteSource> {
    override size = source.size;
    override readUint8Array(index: number, length: number): Promise<Uint8Array> {
      return source.read(index, length);
    }
  }
  const zip = new ZipReader(new SourceReader(source), { useWebWorkers: false });
  const listed: ListedEntry[] = [];
  for await (const found of zip.getEntriesGenerator()) {
    if (found.directory) continue;
    const { filename: name, offset, compressedSize, uncompressedSize: size, compressionMethod: method } = found;
    if (found.encrypted) listed.push({ name, unreadable: "encrypted in an archive" });
    else if (method !== 0 && method !== 8) listed.push({ name, unreadable: `compressed by ZIP method ${method}` });
    else listed.push({ name, entry: { offset, compressedSize, size, method } });
    if (listed.length > mostEntries) throw new RangeError("more than a million files in an archive");
  }
  await zip.close();
  return listed.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
