/**
 * Rows of a store a few megabytes at a time, with their masks.
 */
import type { PixelArray } from "@lejepa/contracts";
import type { PixelSource } from "./statistics.ts";

const chunkBytes = 8 << 20;

/** Calls `visit` with the pixels of some rows, HWC, and their mask, one value a pixel; absent when the store has none. */
export function forEachChunk(
  store: PixelSource,
  rows: Uint32Array,
  visit: (pixels: PixelArray, mask: Uint8Array | undefined) => void,
): void {
  const rowsAtOnce = Math.max(1, Math.floor(chunkBytes / (store.rowElements * 4)));
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const some = rows.subarray(start, start + rowsAtOnce);
    visit(store.read(some), store.masksFile === undefined ? undefined : store.readMasks(some));
  }
}
