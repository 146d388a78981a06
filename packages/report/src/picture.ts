// Stored images as small pictures in a page. Made of the decoded pixels; nothing of a file's header gets here.
import type { ImageStore } from "@lejepa/data";
import sharp from "sharp";

/** How a picture is made. */
export interface PictureOptions {
  /** Stored values of black and of white, for each channel or for all. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Largest width, pixels; default 64. */
  readonly side?: number | undefined;
}

/** The picture of a row as a data URL: one or two channels as gray, of more the first three. */
export async function pictureUrl(
  store: ImageStore,
  row: number,
  { ranges, side = 64 }: PictureOptions,
): Promise<string> {
  const planes = store.channels >= 3 ? 3 : 1;
  const pixels = toBytes(store.read([row]), { from: store.channels, to: planes, ranges });
  const picture = await sharp(pixels, { raw: { width: store.width, height: store.height, channels: planes } })
    .toColourspace(planes === 1 ? "b-w" : "srgb")
    .resize(Math.min(side, store.width))
    .webp({ quality: 80 })
    .toBuffer();
  return `data:image/webp;base64,${picture.toString("base64")}`;
}

interface ByteOptions {
  /** Channels of the pixels, and of the picture. */
  readonly from: number;
  readonly to: number;
  readonly ranges: PictureOptions["ranges"];
}

function toBytes(pixels: ArrayLike<number>, { from, to, ranges }: ByteOptions): Uint8Array {
  const bytes = new Uint8Array((pixels.length / from) * to);
  for (let i = 0; i < bytes.length; i++) {
    const channel = i % to;
    const [low, high] = (ranges[channel] ?? ranges[0]) as readonly [number, number];
    const value = pixels[Math.floor(i / to) * from + channel] as number;
    bytes[i] = Math.min(255, Math.max(0, (255 * (value - low)) / (high - low || 1)));
  }
  return bytes;
}
