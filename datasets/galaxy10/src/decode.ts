/**
 * Decodes one image to the stored square in its own values: no stretch, no colour management.
 */
import { LejepaError, type DatasetItem, type DecodeContext, type ImageRecord } from "@lejepa/contracts";
import { fitSquare } from "@lejepa/contracts/pixels";
import type { Galaxy10Options } from "./options.ts";
import { readImage, type ImageSource } from "./read-images.ts";

/** Decodes the item to `context.target`. */
export async function decodeGalaxy(
  item: DatasetItem,
  { options: { fit }, target: { size, channels } }: DecodeContext<Galaxy10Options>,
): Promise<ImageRecord> {
  const image = await readImage(item.source as unknown as ImageSource);
  const square = toChannels(fitSquare(image, { size, fit }), channels);
  const smaller = Math.min(image.width, image.height) < size;
  return smaller ? { ...square, note: "smaller than the stored size, enlarged" } : square;
}

/** One band as many equal ones, or three bands as their mean: bands of a survey are no red, green and blue to weigh. */
function toChannels(image: ImageRecord, wanted: number): ImageRecord {
  const { channels, data, dtype } = image;
  if (channels === wanted) return image;
  if (channels !== 1 && !(channels === 3 && wanted === 1))
    throw new LejepaError({
      code: "E_SHAPE",
      where: "dataset galaxy10",
      expected: channels === 3 ? "1 or 3 channels" : `${channels} channels, as many as there are bands`,
      got: String(wanted),
      hint: "Set data.channels.",
    });
  const out = data.slice(0, (data.length / channels) * Math.min(wanted, channels));
  const result = wanted > channels ? repeat(data, wanted) : meanOfThree(data, out, dtype === "float32");
  return { ...image, channels: wanted, data: result };
}

function repeat(data: ImageRecord["data"], times: number): ImageRecord["data"] {
  const out = new (data.constructor as new (length: number) => ImageRecord["data"])(data.length * times);
  for (let i = 0; i < out.length; i++) out[i] = data[Math.floor(i / times)] as number;
  return out;
}

function meanOfThree(data: ImageRecord["data"], out: ImageRecord["data"], real: boolean): ImageRecord["data"] {
  for (let i = 0; i < out.length; i++) {
    const mean = ((data[3 * i] as number) + (data[3 * i + 1] as number) + (data[3 * i + 2] as number)) / 3;
    out[i] = real ? mean : Math.round(mean);
  }
  return out;
}
