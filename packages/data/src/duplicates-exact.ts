/**
 * Files with equal contents, without reading most of them: only files of equal size are opened, and only those whose middle is
 * equal too are read to the end. Links to one file are the dataset's business.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { DatasetItem } from "@lejepa/contracts";
import { isUrl } from "./fingerprint.ts";

/** Sizes of the files of a dataset. */
export interface FileSizes {
  /** Bytes of each file that is there, by path. */
  readonly bytes: ReadonlyMap<string, number>;
  /** Files that are not there or may not be read. */
  readonly missing: readonly string[];
}

const atOnce = 16;
const peekBytes = 16 << 10;

/** Sizes of the files that items lie in; what lies in a network is neither measured nor missing. */
export async function measureFiles(items: readonly DatasetItem[], signal?: AbortSignal): Promise<FileSizes> {
  const bytes = new Map<string, number>();
  const missing: string[] = [];
  await forEach([...new Set(items.map(({ source }) => source.path))], signal, async (path) => {
    if (isUrl(path)) return;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) bytes.set(path, found.size);
    else missing.push(path);
  });
  return { bytes, missing };
}

/**
 * Groups of items whose files are equal byte by byte; a file with several items (frames, chips, rows) is named by its first.
 * Each group is in the dataset's order.
 */
export async function findEqualFiles(
  items: readonly DatasetItem[],
  { bytes }: FileSizes,
  signal?: AbortSignal,
): Promise<DatasetItem[][]> {
  const first = new Map<string, DatasetItem>();
  for (const item of items) if (!first.has(item.source.path)) first.set(item.source.path, item);
  const bySize = candidates(groupBy([...bytes.keys()], (path) => String(bytes.get(path))));
  const byMiddle = await refine(bySize, signal, (path) => peek(path, bytes.get(path) as number));
  const equal = await refine(byMiddle, signal, hashFile);
  return equal.map((paths) => {
    const found = new Set(paths);
    return [...first].flatMap(([path, item]) => (found.has(path) ? [item] : []));
  });
}

async function refine(
  groups: readonly (readonly string[])[],
  signal: AbortSignal | undefined,
  digest: (path: string) => Promise<string>,
): Promise<string[][]> {
  const digests = new Map<string, string>();
  await forEach(groups.flat(), signal, async (path) => {
    // a file that went away meanwhile is equal to none
    digests.set(path, await digest(path).catch(() => path));
  });
  return groups.flatMap((paths) => candidates(groupBy(paths, (path) => digests.get(path) as string)));
}

function groupBy(paths: readonly string[], key: (path: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const group = groups.get(key(path));
    if (group === undefined) groups.set(key(path), [path]);
    else group.push(path);
  }
  return groups;
}

function candidates(groups: ReadonlyMap<string, string[]>): string[][] {
  return [...groups.values()].filter(({ length }) => length > 1);
}

// from the middle: headers of one scanner are alike
async function peek(path: string, size: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(peekBytes), 0, peekBytes, Math.floor(size / 2));
    return createHash("sha256").update(buffer.subarray(0, bytesRead)).digest("hex");
  } finally {
    await file.close();
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function forEach(
  paths: readonly string[],
  signal: AbortSignal | undefined,
  work: (path: string) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < paths.length) {
      signal?.throwIfAborted();
      await work(paths[next++] as string);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
