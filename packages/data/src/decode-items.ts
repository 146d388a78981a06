/**
 * Decodes items, a few at a time, and checks what comes back. The same code runs in a worker thread and, for plugins
 * without a module, on the calling thread. Nothing is written here.
 */
import type { Dataset, DatasetItem, DecodeContext, DecodeTarget, ImageRecord, PixelType } from "@lejepa/contracts";
import { createDatasetContext } from "./dataset-context.ts";
import { bytesOf } from "./pixels.ts";

/** What decoding needs besides the items. */
export interface DecodeJob {
  readonly options: unknown;
  readonly target: DecodeTarget;
  readonly cacheDir: string;
}

/** One decoded item, or why it is not. */
export type Decoded =
  | { readonly pixels: Uint8Array; readonly dtype: PixelType; readonly note?: string }
  | { readonly reason: string };

/** Results in the order of the items, and what the plugin logged. */
export interface DecodedItems {
  readonly results: readonly Decoded[];
  readonly logs: readonly string[];
}

const longestReason = 200;
// native decoders work outside the JavaScript thread: the next file is on its way while one is checked
const atOnce = 3;

/** Decodes `items`. Never throws for a bad file: its result holds the reason. */
export async function decodeItems(
  plugin: Dataset,
  items: readonly DatasetItem[],
  job: DecodeJob,
): Promise<DecodedItems> {
  const logs: string[] = [];
  const context = { ...job, ...createDatasetContext(job.cacheDir, { log: (line) => logs.push(line) }) };
  const results: Decoded[] = Array.from({ length: items.length });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const position = next++;
      results[position] = await decodeItem(plugin, items[position] as DatasetItem, context);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { results, logs };
}

async function decodeItem(plugin: Dataset, item: DatasetItem, context: DecodeContext): Promise<Decoded> {
  try {
    const record = await plugin.decode(item, context);
    const problem = checkRecord(record, context.target);
    return problem === undefined ? accept(record) : { reason: problem };
  } catch (error) {
    return { reason: oneLine(error, item.source.path) };
  }
}

function accept({ data, dtype, note }: ImageRecord): Decoded {
  const bytes = bytesOf(data);
  // cloning to another thread copies the whole buffer under a view
  const pixels = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  return { pixels, dtype, ...(note === undefined ? {} : { note }) };
}

const arrays: Readonly<Record<PixelType, string>> = {
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  int16: "Int16Array",
  float32: "Float32Array",
};

function checkRecord(record: ImageRecord, { size, channels }: DecodeTarget): string | undefined {
  const { data, dtype, width, height } = record;
  if (width !== size || height !== size || record.channels !== channels) {
    return `decoded to ${width}x${height}x${record.channels} instead of ${size}x${size}x${channels}`;
  }
  // by tag, not instanceof: a Buffer is a Uint8Array too
  const tag = (data as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  if (tag !== arrays[dtype]) return `decoded to a ${tag} instead of the ${arrays[dtype]} of its dtype`;
  if (data.length !== size * size * channels)
    return `decoded to ${data.length} values instead of ${size * size * channels}`;
  if (dtype === "float32" && !data.every(Number.isFinite)) return "has pixels that are not numbers (NaN or infinite)";
  return undefined;
}

/** The message of an error on one short line; the absolute path is cut down to the file's name. */
export function oneLine(error: unknown, path: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const name = path.split(/[/\\]/).at(-1) ?? path;
  const line = text.replaceAll(path, name).replace(/\s+/g, " ").trim();
  return line.length > longestReason ? `${line.slice(0, longestReason - 3)}...` : line;
}
