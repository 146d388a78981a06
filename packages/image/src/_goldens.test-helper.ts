// Small files of every kind with the pixels that Pillow reads from them (tools/goldens/image_files.py).
import { readFileSync } from "node:fs";
import type { ImageRecord } from "@lejepa/contracts";
import { decodeImage, type DecodeImageOptions } from "./decode.ts";
import type { ImageInput } from "./open-image.ts";

/** One file with its pixels. */
export interface Golden {
  readonly file: string;
  readonly shape: readonly [number, number, number];
  readonly bits: 8 | 16;
  readonly tolerance: number;
  readonly pixels: readonly number[];
}

const fixtures = JSON.parse(readFileSync(new URL("../fixtures/images.json", import.meta.url), "utf8")) as {
  readonly cases: Readonly<Record<string, Golden>>;
  readonly refused: Readonly<Record<string, string>>;
};

/** Every golden file by name. */
export const goldens = fixtures.cases;

/** The bytes of a golden file. */
export const bytesOf = (name: string): Buffer =>
  Buffer.from(goldens[name]?.file ?? (fixtures.refused[name] as string), "base64");

/** Decodes with the plugins' defaults but these. */
export function decode(input: ImageInput, options: Partial<DecodeImageOptions> = {}): Promise<ImageRecord> {
  return decodeImage(input, { size: 8, channels: 3, depth: 8, fit: "crop", background: "black", ...options });
}
