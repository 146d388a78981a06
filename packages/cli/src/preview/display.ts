// From stored images and normalised views to bytes that can be shown. Black and white are the store's: values in physical units are
// displayed by its range.
import type { ImageForm } from "@lejepa/data";

/** Which channels are shown, as red, green and blue, or one as gray; and their names. */
export interface Bands {
  readonly shown: readonly number[];
  readonly words: string;
}

/** Red, green and blue by their names, else the first three; of one or two channels the first as gray. */
export function bandsOf({ channels, names }: { readonly channels: number; readonly names?: readonly string[] }): Bands {
  const colours = ["red", "green", "blue"].map(
    (colour) => names?.findIndex((name) => name.toLowerCase() === colour) ?? -1,
  );
  const byName = colours.every((place) => place >= 0);
  const shown = channels < 3 ? [0] : byName ? colours : [0, 1, 2];
  return {
    shown,
    words: bandWords(channels, { names, shown, colour: channels === 3 && (byName || names === undefined) }),
  };
}

function bandWords(
  channels: number,
  {
    names,
    shown,
    colour,
  }: { readonly names: readonly string[] | undefined; readonly shown: readonly number[]; readonly colour: boolean },
): string {
  if (channels === 1) return "gray";
  if (colour) return "in colour";
  const named = shown.map((channel) => names?.[channel] ?? `channel ${channel}`).join(", ");
  return `${named} of ${channels} channels ${shown.length === 1 ? "as gray" : "as red, green, blue"}`;
}

/** A picture: bytes, one or three a pixel. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly planes: 1 | 3;
}

const byte = (value: number): number => Math.min(255, Math.max(0, Math.round(255 * value)));

/** A stored image, height x width x channels, values from black to white. */
export function imagePicture(
  pixels: ArrayLike<number>,
  { width, channels }: Pick<ImageForm, "width" | "channels">,
  { range: [black, white], bands: { shown } }: { readonly range: readonly [number, number]; readonly bands: Bands },
): Picture {
  const planes = shown.length === 3 ? 3 : 1;
  const bytes = new Uint8Array((pixels.length / channels) * planes);
  for (let i = 0; i < bytes.length; i++) {
    const value = pixels[Math.floor(i / planes) * channels + (shown[i % planes] as number)] as number;
    bytes[i] = byte((value - black) / (white - black));
  }
  return { bytes, size: width, planes };
}

/** A view as the encoder sees it, channels x size x size, back from its normalisation. */
export function viewPicture(
  view: Float32Array,
  {
    mean,
    std,
    bands: { shown },
  }: { readonly mean: readonly number[]; readonly std: readonly number[]; readonly bands: Bands },
): Picture {
  const area = view.length / mean.length;
  const planes = shown.length === 3 ? 3 : 1;
  const bytes = new Uint8Array(area * planes);
  for (let i = 0; i < bytes.length; i++) {
    const channel = shown[i % planes] as number;
    const value = view[channel * area + Math.floor(i / planes)] as number;
    bytes[i] = byte(value * (std[channel] as number) + (mean[channel] as number));
  }
  return { bytes, size: Math.sqrt(area), planes };
}

/** The picture as PNG, enlarged without smoothing to about `side` pixels. */
export async function toPng({ bytes, size, planes }: Picture, side: number): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const factor = Math.max(1, Math.floor(side / size));
  const out = size > side ? side : size * factor;
  return sharp(bytes, { raw: { width: size, height: size, channels: planes } })
    .toColourspace(planes === 1 ? "b-w" : "srgb")
    .resize(out, out, { kernel: size > side ? "lanczos3" : "nearest" })
    .png()
    .toBuffer();
}
