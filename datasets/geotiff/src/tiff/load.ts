/**
 * Loads the decoders when a file first needs them, so that importing this plugin costs nothing.
 */
import type { Sharp, SharpOptions } from "sharp";

type SharpFactory = (input: Uint8Array, options?: SharpOptions) => Sharp;

let sharpLoading: Promise<SharpFactory> | undefined;
let zstdLoading: Promise<InstanceType<typeof import("zstddec")["ZSTDDecoder"]>> | undefined;
let lercLoading: Promise<typeof import("lerc")> | undefined;

/** sharp, one thread an image: blocks are small, and several are decoded at once. */
export function loadSharp(): Promise<SharpFactory> {
  sharpLoading ??= import("sharp").then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return sharpLoading;
}

/** The Zstandard decoder (WebAssembly), ready. */
export function loadZstd(): NonNullable<typeof zstdLoading> {
  zstdLoading ??= import("zstddec").then(async ({ ZSTDDecoder }) => {
    const decoder = new ZSTDDecoder();
    await decoder.init();
    return decoder;
  });
  return zstdLoading;
}

/** The LERC decoder (WebAssembly), ready. */
export function loadLerc(): NonNullable<typeof lercLoading> {
  lercLoading ??= import("lerc").then(async (lerc) => {
    await lerc.load();
    return lerc;
  });
  return lercLoading;
}
