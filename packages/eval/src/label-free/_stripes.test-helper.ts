// A store in memory: striped gray images, small enough for tests of what runs a model.
import type { ImageStore } from "@lejepa/data";

/** Square images with horizontal or vertical stripes of varying phase, every second one of each. */
export function stripedStore({ count, size }: { readonly count: number; readonly size: number }): ImageStore {
  const rowElements = size * size;
  const pixels = Uint8Array.from({ length: count * rowElements }, (_, i) => {
    const row = Math.floor(i / rowElements);
    const along = row % 2 === 0 ? i % size : Math.floor(i / size) % size;
    return Math.floor((along + ((row * 7) % 4)) / 2) % 2 === 0 ? 200 + (row % 50) : 20;
  });
  return {
    count,
    height: size,
    width: size,
    channels: 1,
    dtype: "uint8",
    rowElements,
    range: [0, 255],
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
    items: Array.from({ length: count }, (_, i) => ({ id: `image ${i}`, source: { path: "" } })),
    classes: ["across", "down"],
    fingerprint: "",
    failures: [],
    skipped: [],
    warnings: [],
    readMasks: (rows) => new Uint8Array(rows.length * rowElements).fill(1),
    notes: {},
    imagesFile: "",
    headerBytes: 0,
    read: (rows) =>
      Uint8Array.from(
        Array.from(rows).flatMap((row) => [...pixels.subarray(row * rowElements, (row + 1) * rowElements)]),
      ),
    close() {},
  };
}
