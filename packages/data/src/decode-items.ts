/**
 * Decodes an item and checks what comes back. The same code runs in a plugin's process and, for plugins without a module, in
 * the calling one. Nothing is written here.
 */
import type { Dataset, DatasetItem, DecodeContext, DecodeTarget, ImageRecord, PixelType } from "@lejepa/contracts";
import { bytesOf } from "./pixels.ts";

/** What decoding needs besides the items. */
export interface DecodeJob {
  readonly options: unknown;
  readonly target: DecodeTarget;
  readonly cacheDir: string;
}

/** Pixels of one item as they are stored. */
export interface DecodedImage {
  readonly pixels: Uint8Array;
  readonly dtype: PixelType;
  /** 1 where a pixel is valid, `height * width`; absent when all are. */
  readonly mask?: Uint8Array;
  readonly spacing?: readonly [number, number];
  readonly note?: string;
}

/** One decoded item, or why it is not. */
export type Decoded = DecodedImage | { readonly reason: string };

const longestReason = 200;

/** Decodes an item. Never throws for a bad file: the result holds the reason. */
export async function decodeItem(plugin: Dataset, item: DatasetItem, context: DecodeContext): Promise<Decoded> {
  try {
    const record = await plugin.decode(item, context);
    const problem = checkRecord(record, context.target);
    return problem === undefined ? accept(record) : { reason: problem };
  } catch (error) {
    return { reason: oneLine(error, item.source.path) };
  }
}

function accept({ data, dtype, note, mask, spacing }: ImageRecord): DecodedImage {
  return {
    pixels: whole(bytesOf(data)),
    dtype,
    ...(mask?.includes(0) && { mask: whole(mask) }),
    ...(spacing !== undefined && { spacing }),
    ...(note !== undefined && { note }),
  };
}

// sending to another process copies the whole buffer under a view
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

const arrays: Readonly<Record<PixelType, string>> = {
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  int16: "Int16Array",
  float32: "Float32Array",
};

function checkRecord(record: ImageRecord, { size, channels }: DecodeTarget): string | undefined {
  const { data, dtype, width, height, mask, spacing } = record;
  if (width !== size || height !== size || record.channels !== channels) {
    return `decoded to ${width}x${height}x${record.channels} instead of ${size}x${size}x${channels}`;
  }
  // by tag, not instanceof: a Buffer is a Uint8Array too
  const tag = (data as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  if (tag !== arrays[dtype]) return `decoded to a ${tag} instead of the ${arrays[dtype]} of its dtype`;
  if (data.length !== size * size * channels)
    return `decoded to ${data.length} values instead of ${size * size * channels}`;
  if (dtype === "float32" && !data.every(Number.isFinite)) return "has pixels that are not numbers (NaN or infinite)";
  if (mask !== undefined && mask.length !== size * size)
    return `has a mask of ${mask.length} values instead of ${size * size}`;
  if (mask?.some((bit) => bit > 1)) return "has a mask with other values than 0 and 1";
  if (mask !== undefined && !mask.includes(1)) return "has no valid pixel";
  if (spacing?.some((step) => !(step > 0 && Number.isFinite(step)))) return "has a pixel spacing that is not positive";
  return undefined;
}

/** The message of an error on one short line; the absolute path is cut down to the file's name. */
function oneLine(error: unknown, path: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const name = path.split(/[/\\]/).at(-1) ?? path;
  const line = text.replaceAll(path, name).replace(/\s+/g, " ").trim();
  // libvips at times loses its message to another image's
  if (line === "") return "cannot be decoded; the decoder gives no reason";
  return line.length > longestReason ? `${line.slice(0, longestReason - 3)}...` : line;
}
