import type { ImageStore } from "@lejepa/data";
import { expect, test } from "vitest";
import { bandsOf, imagePicture, viewPicture } from "./display.ts";
import { countStored, countViews, viewContrasts } from "./measure.ts";

type Store = Pick<ImageStore, "read" | "readMasks" | "count" | "height" | "width" | "channels" | "masksFile">;

function storeOf(images: readonly (readonly number[])[], masks?: readonly (readonly number[])[]): ImageStore {
  const store: Store = {
    count: images.length,
    height: 2,
    width: 2,
    channels: (images[0]?.length ?? 0) / 4,
    ...(masks && { masksFile: "masks.npy" }),
    read: (rows) => Float32Array.from(images[rows[0] as number] as number[]),
    readMasks: (rows) => Uint8Array.from(masks?.[rows[0] as number] ?? []),
  };
  return store as ImageStore;
}

test("stored values are counted where they are valid, black 0 and white 1", () => {
  const store = storeOf([[-1000, 400, -300, 1e6]], [[1, 1, 1, 0]]);
  const [band] = countStored(store, [0], [-1000, 400]);
  expect(band?.counts.map((count, bin) => [bin, count]).filter(([, count]) => count !== 0)).toEqual([
    [0, 1],
    [32, 1],
    [63, 1],
  ]);
  expect(band?.clipped).toBeCloseTo(2 / 3, 12);
  expect(band?.mean).toBeCloseTo(0.5, 12);
  expect(band?.std).toBeCloseTo(Math.sqrt(1 / 6), 12);
});

const group = { name: "local", views: 1, size: 2 } as const;
const statistics = { mean: [0.5], std: [0.25] };

test("views are brought back from their normalisation; what is exactly the mean is without data, where there are masks", () => {
  const drawn = { ...group, pixels: Float32Array.of(-2, 0, 1, 0) } as unknown as Parameters<
    typeof countViews
  >[0][number];
  const spec = (masked: boolean): Parameters<typeof countViews>[1] =>
    ({ ...statistics, image: { masked } }) as unknown as Parameters<typeof countViews>[1];
  expect(countViews([drawn], spec(false))).toMatchObject({ invalid: 0, bands: [{ clipped: 0.25, mean: 0.4375 }] });
  expect(countViews([drawn], spec(true))).toMatchObject({ invalid: 0.5, bands: [{ clipped: 0.5, mean: 0.375 }] });
});

test("contrast of a view is measured against its image", () => {
  const store = storeOf([
    [0, 10, 0, 10],
    [3, 3, 3, 3],
  ]);
  const pixels = Float32Array.of(-1, 1, -1, 1, 0, 0, 0, 0);
  // 0.25 against 0.5; an image without contrast cannot lose any
  expect(viewContrasts({ ...group, pixels }, store, { ...statistics, image: { range: [0, 10] } })).toEqual([0.5, 1]);
});

test("bands by their names, else the first three, else gray", () => {
  expect(bandsOf({ channels: 1 })).toEqual({ shown: [0], words: "gray" });
  expect(bandsOf({ channels: 3 })).toEqual({ shown: [0, 1, 2], words: "in colour" });
  expect(bandsOf({ channels: 2, names: ["VV", "VH"] })).toEqual({ shown: [0], words: "VV of 2 channels as gray" });
  expect(bandsOf({ channels: 4, names: ["Blue", "Green", "Red", "NIR"] })).toEqual({
    shown: [2, 1, 0],
    words: "Red, Green, Blue of 4 channels as red, green, blue",
  });
  expect(bandsOf({ channels: 3, names: ["blue", "green", "red"] })).toEqual({ shown: [2, 1, 0], words: "in colour" });
  expect(bandsOf({ channels: 13 }).shown).toEqual([0, 1, 2]);
});

test("pictures: the store's black and white, and views by the statistics", () => {
  const bands = bandsOf({ channels: 1 });
  const shown = imagePicture([-1000, -300, 400, 9000], { width: 2, channels: 1 }, { range: [-1000, 400], bands });
  expect([...shown.bytes]).toEqual([0, 128, 255, 255]);
  const four = bandsOf({ channels: 4, names: ["blue", "green", "red", "nir"] });
  const pixel = imagePicture([1, 2, 3, 4], { width: 1, channels: 4 }, { range: [0, 255], bands: four });
  expect([...pixel.bytes]).toEqual([3, 2, 1]);
  const view = viewPicture(Float32Array.of(-2, 0, 2, 9), { ...statistics, bands });
  expect([...view.bytes]).toEqual([0, 128, 255, 255]);
  expect(view.size).toBe(2);
});
