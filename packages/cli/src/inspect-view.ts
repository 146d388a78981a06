// An inspected file for people: a small table, and the picture of stage `display`. No decoding.
import { type Inspection, type InspectStage, LejepaError } from "@lejepa/contracts";
import type { ChannelSummary, InspectionSummary } from "@lejepa/data";
import { makeFolderOf, writeNew } from "./tables.ts";

/** The document of a file. */
export interface FileReport extends InspectionSummary {
  readonly file: string;
  readonly format: string;
  readonly facts: Inspection["facts"];
  readonly stage: InspectStage;
  /** Where the picture was written. */
  readonly png?: string;
}

/** Lines for the terminal. */
export function describeInspection({
  file,
  format,
  facts,
  stage,
  shape,
  axes,
  dtype,
  channels,
  sha256,
  png,
}: FileReport): string {
  const size = shape.map((length, i) => `${length} ${axes[i] ?? ""}`).join(" x ");
  const rows = channels.map((channel, i) => [String(i), ...numbersOf(channel), channel.sha256.slice(0, 12)]);
  const head = ["channel", "min", "max", "mean", "std", "valid", "sha256"];
  return [
    `${file}: ${format}, ${stage}, ${size}, ${dtype}`,
    ...Object.entries(facts).map(
      ([name, value]) => `  ${name.padEnd(18)} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    ),
    ...table([head, ...rows]).map((line) => `  ${line}`),
    `  sha256 of all bytes ${sha256}`,
    ...(png === undefined ? [] : [`  written to ${png}`]),
  ].join("\n");
}

function numbersOf({ min, max, mean, std, validCount }: ChannelSummary): string[] {
  return [
    ...[min, max, mean, std].map((value) => (value === null ? "-" : String(Number(value.toPrecision(7))))),
    String(validCount),
  ];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}

/**
 * Writes the first frame as PNG: one channel as gray, three or more as the first three. Values that are not 8-bit are stretched
 * from the smallest to the largest. Returns the path.
 *
 * @throws LejepaError E_IO, E_USAGE when the file exists
 */
export async function writePng(path: string, inspection: Inspection): Promise<string> {
  const { pixels, width, height, channels } = pictureOf(inspection);
  const { default: sharp } = await import("sharp");
  const png = await sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .png()
    .toBuffer();
  makeFolderOf(path);
  writeNew(path, [png], { replace: true });
  return path;
}

interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

function pictureOf({ shape, axes, data, mask }: Inspection): Picture {
  const sizeOf = (name: Inspection["axes"][number]): number => shape[axes.indexOf(name)] ?? 1;
  const [height, width, samples, bands] = [sizeOf("rows"), sizeOf("cols"), sizeOf("samples"), sizeOf("bands")];
  const planes = Math.max(samples, bands);
  const channels = planes >= 3 ? 3 : 1;
  const at = (pixel: number, channel: number): number =>
    bands > 1 ? channel * width * height + pixel : pixel * samples + channel;
  const [low, high] = data instanceof Uint8Array ? [0, 255] : rangeOf(data, mask);
  const pixels = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const i = at(pixel, channel);
      const shown = (255 * (Number(data[i]) - low)) / (high - low || 1);
      pixels[pixel * channels + channel] = mask?.[i] === 0 ? 0 : Math.min(255, Math.max(0, Math.round(shown)));
    }
  }
  if (width * height === 0)
    throw new LejepaError({ code: "E_DATA", where: "display", expected: "pixels", got: "none" });
  return { pixels, width, height, channels };
}

function rangeOf(data: Inspection["data"], mask: Uint8Array | undefined): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (mask?.[i] === 0 || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}
