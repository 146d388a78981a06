/**
 * Pixel arithmetic after the resize: number of channels and bits. Gray from colour is Rec. 601 luma of the encoded values,
 * as Pillow and torchvision have it; bits are scaled so that white stays white.
 */

/** Interleaved samples of an image. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 colour, 4 colour and one more. */
  readonly channels: number;
}

/** The samples with 1, 3 or 4 channels. Missing colour is gray repeated; a missing fourth channel is white (opaque). */
export function toChannels({ data, channels }: Samples, wanted: 1 | 3 | 4): Uint8Array | Uint16Array {
  if (channels === wanted) return data;
  const pixels = data.length / channels;
  const wide = data instanceof Uint16Array;
  const out = wide ? new Uint16Array(pixels * wanted) : new Uint8Array(pixels * wanted);
  const white = wide ? 65535 : 255;
  const gray = channels < 3;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * channels;
    const to = pixel * wanted;
    if (wanted === 1) {
      out[to] = gray ? (data[from] as number) : luma(data, from);
      continue;
    }
    for (let band = 0; band < 3; band++) out[to + band] = data[gray ? from : from + band] as number;
    if (wanted === 4) out[to + 3] = channels === 2 ? (data[from + 1] as number) : white;
  }
  return out;
}

/** The values with 8 or 16 bits: times 257, or divided by 257 and rounded. */
export function toDepth(data: Uint8Array | Uint16Array, bits: 8 | 16): Uint8Array | Uint16Array {
  if (data instanceof Uint16Array)
    return bits === 16 ? data : Uint8Array.from(data, (value) => Math.round(value / 257));
  return bits === 8 ? data : Uint16Array.from(data, (value) => value * 257);
}

function luma(data: Uint8Array | Uint16Array, at: number): number {
  return Math.round(0.299 * (data[at] as number) + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number));
}
