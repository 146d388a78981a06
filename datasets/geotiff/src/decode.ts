/**
 * Decodes one item: the chip's window, or the whole scene, to the stored square.
 */
import { LejepaError, type DatasetItem, type DecodeContext, type ImageRecord } from "@lejepa/contracts";
import { fitSquare } from "@lejepa/contracts/pixels";
import type { GeotiffOptions } from "./options.ts";
import { openScene } from "./open-scene.ts";
import { readScene } from "./read-scene.ts";
import { filesOf, windowOf } from "./item-source.ts";

/**
 * The item's record: physical values, invalid pixels masked.
 *
 * @throws LejepaError E_DECODE or E_IO for a file that cannot be read, E_SHAPE when the channels are not as many as wanted
 */
export async function decodeChip(
  item: DatasetItem,
  { options, target, signal }: DecodeContext<GeotiffOptions>,
): Promise<ImageRecord> {
  signal?.throwIfAborted();
  const scene = await openScene(filesOf(item.source), options);
  const window = windowOf(item.source) ?? { x: 0, y: 0, width: scene.width, height: scene.height };
  const pixels = await readScene(scene, window, { options, size: target.size });
  const record: ImageRecord = {
    ...repeatChannel(pixels, target.channels, scene.name),
    ...(Math.min(window.width, window.height) < target.size && { note: "smaller than the stored size, enlarged" }),
  };
  return fitSquare(record, { size: target.size, fit: options.fit });
}

// one band serves as gray of three channels; any other number is a choice that only the user can make
function repeatChannel(record: ImageRecord, channels: number, where: string): ImageRecord {
  if (record.channels === channels) return record;
  if (record.channels !== 1) {
    throw new LejepaError({
      code: "E_SHAPE",
      where,
      expected: `${channels} channels`,
      got: `${record.channels} bands`,
      hint: "Choose bands with the option bands, or set data.channels.",
    });
  }
  const data = record.data.slice(0, 0).constructor as new (length: number) => ImageRecord["data"];
  const repeated = new data(record.data.length * channels);
  for (let i = 0; i < repeated.length; i++) repeated[i] = record.data[Math.floor(i / channels)] as number;
  return { ...record, data: repeated, channels };
}
