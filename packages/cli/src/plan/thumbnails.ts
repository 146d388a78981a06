// Small pictures of sampled images, as data URLs. Made of the decoded pixels; nothing of a file's header gets here.
import type { ChannelDistribution, ImageStore } from "@lejepa/data";
import { sampleItems } from "@lejepa/data";

/** A picture and what may be said of it. */
export interface Thumbnail {
  readonly url: string;
  readonly label: string | undefined;
}

const most = 48;
const side = 64;

/**
 * Pictures of up to 48 of a store's images, spread over classes. One or two channels as gray, of more the first three; values
 * from the 1st to the 99th percentile of each channel from black to white (8-bit values as they are).
 */
export async function thumbnails(store: ImageStore, channels: readonly ChannelDistribution[]): Promise<Thumbnail[]> {
  const { default: sharp } = await import("sharp");
  const chosen = sampleItems(store.items, most);
  const rowOf = new Map(store.items.map(({ id }, row) => [id, row]));
  const planes = store.channels >= 3 ? 3 : 1;
  const ranges = channels.map(({ percentiles: { p1, p99 } }): readonly [number, number] =>
    store.dtype === "uint8" ? [0, 255] : [p1, p99],
  );
  const pictures: Thumbnail[] = [];
  for (const { id, label } of chosen) {
    const pixels = toBytes(store.read([rowOf.get(id) as number]), { from: store.channels, to: planes, ranges });
    const png = await sharp(pixels, { raw: { width: store.width, height: store.height, channels: planes } })
      .toColourspace(planes === 1 ? "b-w" : "srgb")
      .resize(Math.min(side, store.width))
      .webp({ quality: 80 })
      .toBuffer();
    pictures.push({ url: `data:image/webp;base64,${png.toString("base64")}`, label });
  }
  return pictures.sort((a, b) => ((a.label ?? "") < (b.label ?? "") ? -1 : 1));
}

interface ByteOptions {
  /** Channels of the pixels, and of the picture. */
  readonly from: number;
  readonly to: number;
  /** Black and white of each channel. */
  readonly ranges: readonly (readonly [number, number])[];
}

function toBytes(pixels: ArrayLike<number>, { from, to, ranges }: ByteOptions): Uint8Array {
  const bytes = new Uint8Array((pixels.length / from) * to);
  for (let i = 0; i < bytes.length; i++) {
    const channel = i % to;
    const [low, high] = ranges[channel] as readonly [number, number];
    const value = pixels[Math.floor(i / to) * from + channel] as number;
    bytes[i] = Math.min(255, Math.max(0, (255 * (value - low)) / (high - low || 1)));
  }
  return bytes;
}
