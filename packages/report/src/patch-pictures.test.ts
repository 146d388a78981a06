import { matrix } from "@lejepa/eval";
import sharp from "sharp";
import { expect, test } from "vitest";
import { patchPictures } from "./patch-pictures.ts";

async function pixelsOf(url: string): Promise<Buffer> {
  return sharp(Buffer.from(url.slice(url.indexOf(",") + 1), "base64"))
    .resize(2, 2, { kernel: "nearest" })
    .raw()
    .toBuffer();
}

test("patches that are alike have one colour, in all images", async () => {
  const [sky, ground, water] = [
    [1, 0, 0, 0.1],
    [0, 1, 0, 0.1],
    [0, 0, 1, 0.1],
  ] as const;
  const images = [
    [sky, sky, ground, water],
    [water, ground, sky, ground],
  ];
  const tokens = matrix(Float32Array.from(images.flat(2)), 2, 16);
  const [first, second] = await Promise.all((await patchPictures(tokens, 4)).map(pixelsOf));
  const colour = (picture: Buffer | undefined, patch: number): number[] => [
    ...(picture?.subarray(3 * patch, 3 * patch + 3) ?? []),
  ];
  expect(colour(first, 0)).toEqual(colour(first, 1));
  expect(colour(first, 0)).toEqual(colour(second, 2));
  expect(colour(first, 2)).toEqual(colour(second, 1));
  expect(colour(first, 3)).toEqual(colour(second, 0));
  expect(colour(first, 0)).not.toEqual(colour(first, 2));
  expect(colour(first, 3)).not.toEqual(colour(first, 2));
});

test("patches that are no square have no picture", async () => {
  expect(await patchPictures(matrix(new Float32Array(24), 1, 24), 4)).toEqual([]);
});
