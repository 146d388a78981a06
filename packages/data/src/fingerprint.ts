/**
 * Names for what is in a cache. An item is known by its absolute path, size and time of change: a changed, added or moved
 * file is decoded again. Not a hash of contents, which would read every file at every start: an edit that keeps both size
 * and time is not noticed.
 */
import { createHash } from "node:crypto";
import { access, constants, stat } from "node:fs/promises";
import type { Dataset, DatasetItem, DecodeTarget } from "@lejepa/contracts";

// raise when the layout of a stored file changes
const layout = 2;
const statsAtOnce = 64;

/** Hash of everything but the files that the pixels depend on. */
export function formKey(plugin: Dataset, options: unknown, target: DecodeTarget): string {
  const pixelOptions = plugin.pixelKey === undefined ? options : plugin.pixelKey(options);
  return sha256(stableJson([layout, plugin.id, plugin.api, pixelOptions, target])).slice(0, 12);
}

/** The fingerprint of an item, or why its file cannot be read. */
export type Fingerprint = { readonly fingerprint: string } | { readonly reason: string };

/** The fingerprint of each item. */
export async function fingerprintItems(items: readonly DatasetItem[], signal?: AbortSignal): Promise<Fingerprint[]> {
  const result: Fingerprint[] = [];
  for (let start = 0; start < items.length; start += statsAtOnce) {
    signal?.throwIfAborted();
    result.push(...(await Promise.all(items.slice(start, start + statsAtOnce).map(fingerprint))));
  }
  return result;
}

/** One hash for a list of texts. */
export function hashList(texts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\n");
  return hash.digest("hex");
}

// a file that may not be read has no fingerprint, so that it is decoded as soon as it may; what a URL holds is taken never to change
async function fingerprint({ id, source }: DatasetItem): Promise<Fingerprint> {
  if (isUrl(source.path)) return { fingerprint: sha256(stableJson([id, source])).slice(0, 20) };
  try {
    const { size, mtimeMs } = await stat(source.path);
    await access(source.path, constants.R_OK);
    return { fingerprint: sha256(stableJson([id, source, size, mtimeMs])).slice(0, 20) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { reason: "the file is not there" };
    return {
      reason:
        code === "EACCES" || code === "EPERM" ? "no permission to read the file" : `the file cannot be read (${code})`,
    };
  }
}

/** Whether a source lies in a network instead of a file system. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

// keys sorted, so that the order in which an object was written does not matter
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
