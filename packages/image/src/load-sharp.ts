/**
 * Loads sharp when it is first needed, so that importing this package costs nothing.
 */
import type { Sharp, SharpOptions } from "sharp";

/** The function that opens an image. */
export type SharpFactory = (input: string | Buffer | Uint8Array | Uint16Array, options?: SharpOptions) => Sharp;

let loading: Promise<SharpFactory> | undefined;

/** The sharp function, set up for many small images in several threads. */
export function loadSharp(): Promise<SharpFactory> {
  loading ??= import("sharp").then(({ default: sharp }) => {
    // one image a thread: libvips' own threads would fight over the cores
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
