// Stored pixels as pictures: what comes back from the encoded ones.
import type { ImageStore } from "@lejepa/data";
import sharp from "sharp";
import { expect, test } from "vitest";
import { pictureUrl } from "./picture.ts";

const store = (pixels: readonly number[], form: Pick<ImageStore, "width" | "height" | "channels">): ImageStore =>
  ({ ...form, dtype: "float32", read: () => Float32Array.from(pixels) }) as unknown as ImageStore;

const decode = async (url: string) => {
  expect(url).toMatch(/^data:image\/webp;base64,/);
  return sharp(Buffer.from(url.split(",")[1] as string, "base64"))
    .raw()
    .toBuffer({ resolveWithObject: true });
};

test("one or two channels are gray between black and white, values beyond are clipped", async () => {
  const pixels = Array.from({ length: 16 * 16 * 2 }, (_, i) => (i % 2 === 0 ? (i < 256 ? -50 : 900) : 77));
  const url = await pictureUrl(store(pixels, { width: 16, height: 16, channels: 2 }), 0, { ranges: [[0, 100]] });
  const { data, info } = await decode(url);
  expect([info.width, info.height]).toEqual([16, 16]);
  expect(data[0]).toBeLessThan(6);
  expect(data.at(-1)).toBeGreaterThan(249);
});

test("of three channels or more, the first three are colours, each with its range", async () => {
  const pixels = Array.from({ length: 8 * 8 * 4 }, (_, i) => [10, 20, 0, 5][i % 4] as number);
  const ranges = [
    [0, 10],
    [0, 40],
    [0, 1],
    [0, 1],
  ] as const;
  const { data, info } = await decode(
    await pictureUrl(store(pixels, { width: 8, height: 8, channels: 4 }), 0, { ranges, side: 4 }),
  );
  expect([info.width, info.channels]).toEqual([4, 3]);
  expect(data[0]).toBeGreaterThan(245);
  expect(Math.abs((data[1] as number) - 128)).toBeLessThan(12);
  expect(data[2]).toBeLessThan(10);
});
