// Patch tokens as pictures: what the patches of several images have in common, as colours.
import type { Matrix } from "@lejepa/eval";
import sharp from "sharp";
import { principalComponents } from "./comparison-extras.ts";

/**
 * The first three principal components of all patch tokens as red, green and blue, each from its least to its largest value; one square
 * picture a row, as a data URL (DINOv2's way of showing dense features, arXiv:2304.07193).
 *
 * @param tokens `[images, patches * dim]`, patches row by row of a square grid
 * @returns nothing where the patches are no square
 */
export async function patchPictures(tokens: Matrix, dim: number, pixels = 96): Promise<string[]> {
  const patches = tokens.columns / dim;
  const side = Math.sqrt(patches);
  if (!Number.isInteger(side)) return [];
  const all = { data: tokens.data, rows: tokens.rows * patches, columns: dim };
  const bytes = toBytes(principalComponents(all, 3));
  const urls: string[] = [];
  for (let i = 0; i < tokens.rows; i++) {
    const own = bytes.subarray(i * patches * 3, (i + 1) * patches * 3);
    const picture = await sharp(own, { raw: { width: side, height: side, channels: 3 } })
      .resize(pixels, pixels, { kernel: "nearest" })
      .png()
      .toBuffer();
    urls.push(`data:image/png;base64,${picture.toString("base64")}`);
  }
  return urls;
}

function toBytes(components: readonly (readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(components.length * 3);
  for (let c = 0; c < 3; c++) {
    const values = components.map((row) => row[c] ?? 0);
    const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    for (const [i, value] of values.entries()) bytes[i * 3 + c] = (255 * (value - low)) / (high - low || 1);
  }
  return bytes;
}
