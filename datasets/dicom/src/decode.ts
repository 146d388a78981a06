/**
 * One item to the stored square: the frame as it is shown, or the slice with its neighbours, resized over its valid pixels.
 */
import {
  LejepaError,
  type DatasetItem,
  type DecodeContext,
  type ImageRecord,
  type PixelArray,
} from "@lejepa/contracts";
import { fitSquare } from "@lejepa/contracts/pixels";
import { show, type Shown } from "./display.ts";
import { spacingOf } from "./frame-attributes.ts";
import { openFrames } from "./open-frames.ts";
import type { DicomOptions } from "./options.ts";
import { unusable } from "./problem.ts";
import type { FramePlace, FrameSource } from "./index-types.ts";

/** Implements `decode` of the contract: uint16 or uint8 shades, or float32 values with the window `none`. */
export async function decodeItem(item: DatasetItem, context: DecodeContext<DicomOptions>): Promise<ImageRecord> {
  const { options, target, signal } = context;
  signal?.throwIfAborted();
  const source = item.source as unknown as FrameSource;
  const depth = source.depth ?? 16;
  const shown = await showFrame(source, options, depth);
  if (shown.mask !== undefined && !shown.mask.includes(1)) throw unusable("has only padding");
  const { previous, next } = source;
  if (options.neighbours === 0) return square(toRecord(shown, target.channels), context);
  const slices = [previous, undefined, next].map((slice) =>
    slice === undefined ? shown : showFrame(slice, options, depth),
  );
  return square(stack(await Promise.all(slices), target.channels), context);
}

type Picture = Shown & Pick<ImageRecord, "width" | "height" | "spacing">;

async function showFrame({ frame, ...place }: FramePlace, options: DicomOptions, depth: 8 | 16): Promise<Picture> {
  const file = await openFrames(place);
  try {
    const { image } = file;
    const root = file.header.dataSet;
    const shown = show({ root, image, index: frame, stored: await file.frame(frame) }, options.window, depth);
    const spacing = spacingOf(root, frame);
    return {
      ...shown,
      data: asStored(shown.data, depth, options.window),
      width: image.columns,
      height: image.rows,
      ...(spacing !== undefined && { spacing }),
    };
  } finally {
    await file.close();
  }
}

function square(record: ImageRecord, { target, options }: DecodeContext<DicomOptions>): ImageRecord {
  return fitSquare(record, { size: target.size, fit: options.fit });
}

function toRecord(picture: Picture, channels: number): ImageRecord {
  if (channels !== 1 && channels !== 3) throw wrongChannels("1 or 3 channels", channels);
  const { data: own } = picture;
  const data = picture.channels === channels ? own : channels === 3 ? threefold(own) : luma(own);
  return { ...picture, data, channels, dtype: dtypeOf(data) };
}

function stack(slices: readonly Picture[], channels: number): ImageRecord {
  if (channels !== 3) throw wrongChannels("3 channels, because `neighbours` is 1", channels);
  const [previous, middle, next] = slices as [Picture, Picture, Picture];
  // a neighbour of another size is no neighbour
  const fits = (slice: Picture): Picture => (slice.data.length === middle.data.length ? slice : middle);
  const planes = [fits(previous), middle, fits(next)].map(({ data, channels: own }) => (own === 3 ? luma(data) : data));
  const pixels = middle.width * middle.height;
  const data = sameType(middle.data, pixels * 3);
  for (const [channel, plane] of planes.entries())
    for (let i = 0; i < pixels; i++) data[3 * i + channel] = plane[i] as number;
  return { ...middle, data, channels: 3, dtype: dtypeOf(data) };
}

function wrongChannels(expected: string, got: number): LejepaError {
  return new LejepaError({ code: "E_USAGE", where: "data.channels", expected, got: String(got) });
}

// colours among gray images take their type, so that all of a set have one
function asStored(data: Shades, depth: 8 | 16, window: DicomOptions["window"]): Shades {
  if (depth === 8 || !(data instanceof Uint8Array)) return data;
  return window === "none" ? Float32Array.from(data) : Uint16Array.from(data, (value) => value * 257);
}

type Shades = Picture["data"];

function threefold(data: Shades): Shades {
  const out = sameType(data, data.length * 3);
  for (let i = 0; i < data.length; i++) out.fill(data[i] as number, 3 * i, 3 * i + 3);
  return out;
}

// Rec. 601, as everywhere else in lejepa
function luma(data: Shades): Shades {
  const out = sameType(data, data.length / 3);
  const round = data instanceof Float32Array ? (value: number) => value : Math.round;
  for (let i = 0; i < out.length; i++) {
    const [r, g, b] = [data[3 * i], data[3 * i + 1], data[3 * i + 2]] as [number, number, number];
    out[i] = round(0.299 * r + 0.587 * g + 0.114 * b);
  }
  return out;
}

function sameType(data: Shades, length: number): Shades {
  if (data instanceof Float32Array) return new Float32Array(length);
  return data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}

function dtypeOf(data: PixelArray): "uint8" | "uint16" | "float32" {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Uint16Array ? "uint16" : "uint8";
}
