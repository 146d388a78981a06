// The pictures of a preview: of each shown image the original and its views, as PNG bytes. Made of decoded pixels; nothing of a file's
// header gets here.
import { bandsOf, imagePicture, toPng, viewPicture } from "./display.ts";
import type { Drawing } from "./preview-document.ts";

/** Pictures of one image, views in the document's order. */
export interface ItemPictures {
  readonly original: Buffer;
  readonly views: readonly Buffer[];
}

/** Side of an original and of a large view, pixels. */
export const pictureSide = 128;

/** Pictures of the shown rows. */
export async function drawPictures({
  images,
  groups,
  shown,
}: Pick<Drawing, "images" | "groups" | "shown">): Promise<ItemPictures[]> {
  const { store, views, image } = images.data;
  const { channels, channelNames } = store;
  const bands = bandsOf({ channels, ...(channelNames && { names: channelNames }) });
  const out: ItemPictures[] = [];
  for (const row of shown) {
    const original = imagePicture(store.read([row]), store, { range: image.range, bands });
    const drawn = groups.flatMap((group) =>
      Array.from({ length: group.views }, (_, view) => {
        const length = channels * group.size ** 2;
        const at = (view * store.count + row) * length;
        return viewPicture(group.pixels.subarray(at, at + length), { mean: views.mean, std: views.std, bands });
      }),
    );
    out.push({
      original: await toPng(original, pictureSide),
      views: await Promise.all(drawn.map((picture) => toPng(picture, pictureSide))),
    });
  }
  return out;
}
