/**
 * The pixels of one file of a scene in a window, and their repetition onto a finer grid. Nearest neighbour: a value stays one
 * that was measured, and nodata stays nodata.
 */
import type { StoredArray } from "@lejepa/contracts";
import type { Band } from "./bands.ts";
import type { TiffImage } from "./tiff/image.ts";
import type { Window } from "./tiff/read-window.ts";

/** Where a window lies in an image of its own resolution. */
export interface Place {
  /** Whole pixels around it. */
  readonly window: Window;
  /** From there to the exact window, pixels. */
  readonly left: number;
  readonly top: number;
  /** Exact size, pixels. */
  readonly across: number;
  readonly down: number;
}

/** Values of one file in a window. */
export interface PartPixels {
  /** The file's number within the scene. */
  readonly part: number;
  /** The bands that were asked for; `index` is the band of the file. */
  readonly bands: readonly Band[];
  /** The bands of the file that lie side by side in `values`. */
  readonly samples: readonly number[];
  /** The full image: bits and colours are its. */
  readonly image: TiffImage;
  readonly values: StoredArray;
  /** 0 where the file itself says that there is nothing. */
  readonly mask: Uint8Array | undefined;
  readonly place: Place;
  readonly width: number;
  readonly height: number;
}

/** The same values on a grid of another size. */
export function repeatPixels(
  part: PartPixels,
  { width, height }: { readonly width: number; readonly height: number },
): PartPixels {
  if (part.width === width && part.height === height) return part;
  const columns = nearest(width, part.place.left, part.place.across, part.width);
  const rows = nearest(height, part.place.top, part.place.down, part.height);
  const depth = part.samples.length;
  const values = new (part.values.constructor as new (length: number) => StoredArray)(width * height * depth);
  const mask = part.mask === undefined ? undefined : new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (rows[y] as number) * part.width + (columns[x] as number);
      const to = y * width + x;
      for (let band = 0; band < depth; band++) values[to * depth + band] = part.values[from * depth + band] as never;
      if (mask !== undefined) mask[to] = part.mask?.[from] ?? 1;
    }
  }
  return { ...part, values, mask, width, height };
}

function nearest(length: number, start: number, span: number, limit: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => Math.min(limit - 1, Math.floor(start + ((i + 0.5) * span) / length)));
}
