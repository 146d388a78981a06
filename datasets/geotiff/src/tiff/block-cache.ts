/**
 * Decoded blocks of all open files, least recently used out first, bounded in bytes over the thread. A block wanted twice at
 * once is decoded once.
 */
import type { StoredArray } from "@lejepa/contracts";

/** Blocks that were decoded. */
export interface BlockCache {
  /** The block of a key, decoded by `load` if it is not there. */
  get(key: string, load: () => Promise<StoredArray>): Promise<StoredArray>;
  /** Bytes held now. */
  readonly bytes: number;
  limit: number;
}

/** An empty cache of at most `limit` bytes; a block larger than that is not kept. */
export function createBlockCache(limit: number): BlockCache {
  const kept = new Map<string, StoredArray>();
  const loading = new Map<string, Promise<StoredArray>>();
  const cache = {
    bytes: 0,
    limit,
    async get(key: string, load: () => Promise<StoredArray>): Promise<StoredArray> {
      const found = kept.get(key);
      if (found !== undefined) {
        kept.delete(key);
        kept.set(key, found);
        return found;
      }
      const pending = loading.get(key);
      if (pending !== undefined) return pending;
      const promise = load().finally(() => loading.delete(key));
      loading.set(key, promise);
      const block = await promise;
      keep(key, block);
      return block;
    },
  };
  const keep = (key: string, block: StoredArray): void => {
    if (block.byteLength > cache.limit) return;
    kept.set(key, block);
    cache.bytes += block.byteLength;
    for (const [oldest, { byteLength }] of kept) {
      if (cache.bytes <= cache.limit) break;
      kept.delete(oldest);
      cache.bytes -= byteLength;
    }
  };
  return cache;
}
