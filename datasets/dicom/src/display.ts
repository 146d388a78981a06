/**
 * A frame as it is shown: colours as RGB; gray through its window and inverted where white stands for nothing (MONOCHROME1).
 */
import type { DataSet } from "dicom-parser";
import { text } from "./attributes.ts";
import { isColour, toRgb } from "./colour.ts";
import type { ImageAttributes } from "./image-attributes.ts";
import type { WindowOption } from "./options.ts";
import type { StoredFrame } from "./stored-frame.ts";
import { mapSamples, toValues, valueScale } from "./values.ts";
import { term } from "./vocabulary.ts";
import { chooseShade } from "./window.ts";

/** A frame of an open file, with the header it is to be read by. */
export interface FrameOfImage {
  readonly root: DataSet;
  readonly image: ImageAttributes;
  /** Number of the frame, from 0. */
  readonly index: number;
  readonly stored: StoredFrame;
}

/** Pixels to look at, or physical values for the window `none`. */
export interface Shown {
  readonly data: Uint8Array | Uint16Array | Float32Array;
  readonly channels: 1 | 3;
  /** 1 where a pixel is valid; absent when all are. */
  readonly mask?: Uint8Array;
  readonly note?: string;
}

/**
 * Shows a frame. Gray has 65536 shades (`depth` 16) or 256, colours always 256 a channel; the window `none` gives float32
 * values instead, not inverted.
 *
 * @throws LejepaError E_DECODE for lookup tables and palettes that are damaged
 */
export function show(frame: FrameOfImage, window: WindowOption, depth: 8 | 16): Shown {
  const { root, image, index, stored } = frame;
  if (isColour(image)) return { data: toRgb(stored, image, root), channels: 3 };
  const scale = valueScale(root, index, image);
  if (window === "none") {
    const { values, mask } = toValues(stored, scale);
    return { data: Float32Array.from(values), channels: 1, ...(mask !== undefined && { mask }) };
  }
  const values = () => toValues(stored, scale);
  const modality = term(root, "Modality") ?? "";
  const { shade, note } = chooseShade({ root, frame: index, image, window, modality, values });
  const white = depth === 16 ? 65535 : 255;
  const inverted = isInverted(root, image);
  const shown = (sample: number): number => {
    const lightness = shade(scale.value(sample));
    return Math.round(white * (inverted ? 1 - lightness : lightness));
  };
  const pixels = stored.data.length;
  const data = mapSamples(stored.data, depth === 16 ? new Uint16Array(pixels) : new Uint8Array(pixels), shown);
  const { isPadding } = scale;
  const mask =
    isPadding === undefined
      ? undefined
      : mapSamples(stored.data, new Uint8Array(pixels), (sample) => (isPadding(sample) ? 0 : 1));
  return {
    data,
    channels: 1,
    ...(mask?.includes(0) === true && { mask }),
    ...(note !== undefined && { note }),
  };
}

/** Whether the lowest value is shown white (PS3.3 sections C.7.6.3.1.2 and C.11.6). */
export function isInverted(root: DataSet, { photometric }: Pick<ImageAttributes, "photometric">): boolean {
  return photometric === "MONOCHROME1" || text(root, "x20500020") === "INVERSE";
}
