/**
 * From physical values to what is shown: windows and VOI LUTs (PS3.3 section C.11.2). Shades run from 0, black, to 1, white.
 */
import type { DataSet } from "dicom-parser";
import { decimals, items, text } from "./attributes.ts";
import { groupOf } from "./frame-attributes.ts";
import type { ImageAttributes } from "./image-attributes.ts";
import { lookUp, readTable } from "./lookup-table.ts";
import type { WindowOption } from "./options.ts";
import type { FrameValues } from "./values.ts";

/** The shade of a value. */
export type Shade = (value: number) => number;

/** A window with the function that it is meant for. */
export interface Window {
  readonly centre: number;
  readonly width: number;
  readonly shape: "linear" | "linear-exact" | "sigmoid";
}

/**
 * The shade function of a window:
 *
 *     linear        0 for x <= c - 1/2 - (w-1)/2, 1 for x > c - 1/2 + (w-1)/2, else (x - (c - 1/2)) / (w-1) + 1/2
 *     linear-exact  0 for x <= c - w/2, 1 for x > c + w/2, else (x - c) / w + 1/2
 *     sigmoid       1 / (1 + exp(-4 (x - c) / w))
 *
 * (PS3.3 sections C.11.2.1.2.1, C.11.2.1.3.2 and C.11.2.1.3.1)
 */
export function shadeOf({ centre, width, shape }: Window): Shade {
  if (shape === "sigmoid") return (x) => 1 / (1 + Math.exp((-4 * (x - centre)) / width));
  const [middle, span] = shape === "linear" ? [centre - 0.5, width - 1] : [centre, width];
  return (x) => {
    if (x <= middle - span / 2) return 0;
    return x > middle + span / 2 ? 1 : (x - middle) / span + 0.5;
  };
}

/** Windows for CT, Hounsfield units. */
const presets = {
  lung: [-600, 1500],
  bone: [400, 1800],
  brain: [40, 80],
  "soft-tissue": [40, 400],
} as const;

/** What is needed to choose a shade function. */
export interface ChooseShade {
  readonly root: DataSet;
  readonly frame: number;
  readonly image: ImageAttributes;
  readonly window: Exclude<WindowOption, "none">;
  readonly modality: string;
  /** The values of the frame; only asked for when percentiles are needed. */
  readonly values: () => FrameValues;
}

/** A shade function, and a note when it is not the one asked for. */
export interface ChosenShade {
  readonly shade: Shade;
  readonly note?: string;
}

/** The shade function for a frame by the option `window`. */
export function chooseShade(choose: ChooseShade): ChosenShade {
  const { window, modality } = choose;
  if (typeof window === "object") {
    return { shade: shadeOf({ ...window, shape: window.sigmoid ? "sigmoid" : "linear" }) };
  }
  if (window === "percentile") return percentileShade(choose);
  if (window !== "dicom" && modality === "CT") {
    const [centre, width] = presets[window];
    return { shade: shadeOf({ centre, width, shape: "linear" }) };
  }
  const own = ownShade(choose);
  const { shade, note } = own === undefined ? percentileShade(choose) : { shade: own, note: undefined };
  const notes = [
    ...(window === "dicom" ? [] : [`the window ${window} is for CT, this is shown by its own`]),
    ...(own === undefined ? ["no window in the header, percentiles 1 to 99 are shown"] : []),
    ...(note === undefined ? [] : [note]),
  ];
  return { shade, ...(notes.length > 0 && { note: notes.join("; ") }) };
}

/** The VOI LUT or the first window of the header. */
function ownShade({ root, frame, image }: ChooseShade): Shade | undefined {
  const sequence = items(root, "x00283010")[0];
  const table =
    sequence === undefined
      ? undefined
      : readTable(sequence, { descriptor: "x00283002", data: "x00283006" }, image.signed);
  if (table !== undefined) {
    const white = 2 ** table.bits - 1;
    return (value) => Math.min(1, lookUp(table, value) / white);
  }
  const group = groupOf(root, frame, "frameVoiLut");
  const [centre] = decimals(group, "x00281050");
  const [width] = decimals(group, "x00281051");
  if (centre === undefined || width === undefined) return undefined;
  const said = text(group, "x00281056");
  const shape = said === "SIGMOID" ? "sigmoid" : said === "LINEAR_EXACT" ? "linear-exact" : "linear";
  // a width below what the function allows is a damaged or empty window
  if (width < 1 && !(shape !== "linear" && width > 0)) return undefined;
  return shadeOf({ centre, width, shape });
}

function percentileShade({ values }: ChooseShade): ChosenShade {
  const [low, high] = percentiles(values(), [0.01, 0.99]);
  if (!(high > low)) return { shade: () => 0, note: "all values are the same" };
  return { shade: (x) => Math.min(1, Math.max(0, (x - low) / (high - low))) };
}

const bins = 65536;

/** Percentiles of the valid, finite values: exact for integers in a range of 65536, else to 1/65536 of the range left. */
export function percentiles(
  { values, mask }: FrameValues,
  [lower, upper]: readonly [number, number],
): [number, number] {
  const valid =
    mask === undefined ? values.filter(Number.isFinite) : values.filter((v, i) => mask[i] === 1 && Number.isFinite(v));
  if (valid.length === 0) return [0, 0];
  return [percentile(valid, lower), percentile(valid, upper)];
}

function percentile(values: Float64Array, share: number): number {
  const rank = Math.round(share * (values.length - 1));
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // twice: an outlier must not make the bins coarse
  for (let pass = 0; pass < 2 && high > low; pass++) {
    const scale = (bins - 1) / (high - low);
    const counts = new Uint32Array(bins);
    let below = 0;
    for (const value of values) {
      if (value < low) below += 1;
      else if (value <= high) counts[Math.floor((value - low) * scale)]! += 1;
    }
    let bin = 0;
    while (bin < bins - 1 && below + (counts[bin] as number) <= rank) below += counts[bin++] as number;
    [low, high] = [low + bin / scale, Math.min(high, low + (bin + 1) / scale)];
  }
  return low;
}
