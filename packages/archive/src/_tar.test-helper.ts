// Tar archives made by hand, hostile ones included.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Header, Pax } from "tar";
import { onTestFinished } from "vitest";

type EntryType = NonNullable<ConstructorParameters<typeof Header>[0]> extends infer T ? Exclude<T, Buffer> : never;

/** Name, contents, and what else the header says. */
export type Entry = readonly [name: string, contents?: string | Uint8Array, more?: Partial<EntryType>];

/** One entry with its padding. */
export function entry([path, contents = "", more = {}]: Entry): Buffer {
  const body = Buffer.from(contents);
  const header = Buffer.alloc(512);
  new Header({ path, size: body.length, type: "File", mode: 0o644, ...more }).encode(header);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A whole archive. */
export const tar = (...entries: readonly Entry[]): Buffer => Buffer.concat([...entries.map(entry), Buffer.alloc(1024)]);

/** An extended header, which belongs to the next entry. */
export const pax = (fields: ConstructorParameters<typeof Pax>[0]): Buffer => new Pax(fields).encode();

/** A temporary folder, gone when the test ends. */
export async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lejepa-archive-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A temporary file with these contents. */
export async function onDisk(contents: Uint8Array, name = "a.tar"): Promise<string> {
  const path = join(await temporary(), name);
  await writeFile(path, contents);
  return path;
}
