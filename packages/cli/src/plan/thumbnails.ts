// Small pictures of sampled images, as data URLs. Made of the decoded pixels; nothing of a file's header gets here.
import type { ChannelDistribution, ImageStore } from "@lejepa/data";
import { sampleItems } from "@lejepa/data";
import { pictureUrl } from "@lejepa/report";

/** A picture and what may be said of it. */
export interface Thumbnail {
  readonly url: string;
  readonly label: string | undefined;
}

const most = 48;

/**
 * Pictures of up to 48 of a store's images, spread over classes. One or two channels as gray, of more the first three; values
 * from the 1st to the 99th percentile of each channel from black to white (8-bit values as they are).
 */
export async function thumbnails(store: ImageStore, channels: readonly ChannelDistribution[]): Promise<Thumbnail[]> {
  const chosen = sampleItems(store.items, most);
  const rowOf = new Map(store.items.map(({ id }, row) => [id, row]));
  const ranges = channels.map(({ percentiles: { p1, p99 } }): readonly [number, number] =>
    store.dtype === "uint8" ? [0, 255] : [p1, p99],
  );
  const pictures: Thumbnail[] = [];
  for (const { id, label } of chosen)
    pictures.push({ url: await pictureUrl(store, rowOf.get(id) as number, { ranges }), label });
  return pictures.sort((a, b) => ((a.label ?? "") < (b.label ?? "") ? -1 : 1));
}
