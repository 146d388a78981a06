import { expect, test } from "vitest";
import { type ScannedStore, scanPixels } from "./scan-pixels.ts";

function storeOf(
  images: readonly (readonly number[])[],
  form: Pick<ScannedStore, "height" | "width" | "channels">,
  masks?: readonly (readonly number[])[],
): ScannedStore {
  const { height, width, channels } = form;
  return {
    count: images.length,
    ...form,
    dtype: "float32",
    rowElements: height * width * channels,
    read: (rows) => Float32Array.from(Array.from(rows).flatMap((row) => images[row] ?? [])),
    readMasks: (rows) =>
      Uint8Array.from(Array.from(rows).flatMap((row) => masks?.[row] ?? Array<number>(height * width).fill(1))),
    ...(masks && { masksFile: "masks" }),
  };
}

test("each channel's distribution, over valid pixels alone", () => {
  const store = storeOf(
    [
      [1, 10, 2, 20, 3, 30, 999, -999],
      [5, 50, 999, -999, 999, -999, 4, 40],
    ],
    { height: 2, width: 2, channels: 2 },
    [
      [1, 1, 1, 0],
      [1, 0, 0, 1],
    ],
  );
  const scan = scanPixels(store);
  expect(scan).toMatchObject({ images: 2, invalidShare: 3 / 8, mostlyInvalid: 0, gray: false, constant: 0 });
  expect(scan.channels[0]).toMatchObject({ min: 1, max: 5 });
  expect(scan.channels[0]?.mean).toBeCloseTo(3, 9);
  expect(scan.channels[0]?.std).toBeCloseTo(Math.sqrt(2), 9);
  expect(scan.channels[0]?.percentiles).toMatchObject({ p1: 1, p25: 2, p50: 3, p75: 4, p99: 5 });
  expect(scan.channels[1]).toMatchObject({ min: 10, max: 50 });
  const { counts, from, to } = scan.channels[1]?.histogram ?? { counts: [] };
  expect([from, to, counts.reduce((sum, count) => sum + count, 0)]).toEqual([1, 50, 5]);
});

test("gray images, constant images, images mostly without data", () => {
  const form = { height: 1, width: 2, channels: 3 };
  const gray = scanPixels(storeOf([[1, 1, 1, 2, 2, 2]], form));
  expect(gray).toMatchObject({ gray: true, constant: 0, invalidShare: 0 });
  expect(scanPixels(storeOf([[7, 7, 7, 7, 7, 7]], form))).toMatchObject({ constant: 1 });
  const one = { height: 1, width: 3, channels: 1 };
  expect(scanPixels(storeOf([[1, 2, 3]], one))).toMatchObject({ gray: false });
  expect(scanPixels(storeOf([[1, 2, 3]], one, [[0, 0, 1]]))).toMatchObject({ mostlyInvalid: 1 });
});
