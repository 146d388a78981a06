import type { PixelArray, PixelType } from "@lejepa/contracts";
import { stream } from "@lejepa/contracts";
import { expect, test } from "vitest";
import { pixelTypes } from "./pixels.ts";
import { channelStatistics } from "./statistics.ts";
import type { ImageStore } from "./types.ts";

const rangeOf = (dtype: PixelType) => ({ range: pixelTypes[dtype].range ?? ([0, 1] as const) });

/** As much of a store as statistics need. */
function fakeStore(dtype: PixelType, rows: PixelArray[], channels: number): ImageStore {
  const rowElements = rows[0]?.length ?? 0;
  const read = (wanted: ArrayLike<number>): PixelArray => {
    const pixels = pixelTypes[dtype].view(new ArrayBuffer(wanted.length * rowElements * pixelTypes[dtype].bytes));
    for (let i = 0; i < wanted.length; i++) pixels.set(rows[wanted[i] as number] as PixelArray, i * rowElements);
    return pixels;
  };
  return { channels, rowElements, dtype, ...rangeOf(dtype), read } as ImageStore;
}

test("against numbers done by hand", () => {
  const store = fakeStore(
    "uint8",
    [Uint8Array.of(0, 10, 255, 10), Uint8Array.of(0, 30, 255, 30), Uint8Array.of(9, 9, 9, 9)],
    2,
  );
  const { mean, std } = channelStatistics(store, Uint32Array.of(0, 1));
  expect(mean).toEqual([127.5 / 255, 20 / 255]);
  expect(std).toEqual([127.5 / 255, 10 / 255]);
});

test("many chunks give what one pass over everything gives", () => {
  const source = stream(1, "pixels");
  // two rows to a chunk
  const rows = Array.from({ length: 3 }, () => source.fillNormal(new Float32Array(690_000)).map((x) => 1e4 + x));
  const { mean, std } = channelStatistics(fakeStore("float32", rows, 3), Uint32Array.of(0, 1, 2), [0, 20_000]);
  for (const channel of [0, 1, 2]) {
    const values = rows.flatMap((row) => Array.from(row.filter((_, i) => i % 3 === channel)));
    const average = values.reduce((sum, value) => sum + (value - 1e4), 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - 1e4 - average) ** 2, 0) / values.length;
    expect(20_000 * (mean[channel] as number)).toBeCloseTo(1e4 + average, 7);
    expect(20_000 * (std[channel] as number)).toBeCloseTo(Math.sqrt(variance), 7);
  }
});

test("constant images have no spread; no rows are an error", () => {
  const store = fakeStore("uint16", [new Uint16Array(4).fill(65535)], 1);
  expect(channelStatistics(store, Uint32Array.of(0))).toEqual({ mean: [1], std: [0] });
  expect(() => channelStatistics(store, new Uint32Array())).toThrow(
    "channelStatistics: expected at least one row, got none.",
  );
});
