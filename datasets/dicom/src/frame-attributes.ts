/**
 * Attributes that an enhanced object keeps per frame or shared (functional groups, PS3.3 section C.7.6.16), and a classic
 * object at its root.
 */
import type { DataSet } from "dicom-parser";
import { decimal, decimals, items } from "./attributes.ts";

/** Sequences of the functional groups that are used. */
const groups = {
  pixelMeasures: "x00289110",
  planePosition: "x00209113",
  planeOrientation: "x00209116",
  pixelValueTransformation: "x00289145",
  frameVoiLut: "x00289132",
} as const;

/** The data set that holds the attributes of one group for one frame: per frame, shared, or the root. */
export function groupOf(root: DataSet, frame: number, group: keyof typeof groups): DataSet {
  return perFrame(root, frame, groups[group]) ?? items(sharedGroups(root), groups[group])[0] ?? root;
}

function perFrame(root: DataSet, frame: number, tag: string): DataSet | undefined {
  const item = root.elements["x52009230"]?.items?.[frame]?.dataSet;
  return item === undefined ? undefined : items(item, tag)[0];
}

function sharedGroups(root: DataSet): DataSet {
  return items(root, "x52009229")[0] ?? root;
}

/** Where a slice lies: millimetres in the patient's coordinates (PS3.3 section C.7.6.2.1.1). */
export interface Plane {
  readonly position: readonly [number, number, number];
  /** Directions of the rows and of the columns. */
  readonly orientation: readonly [number, number, number, number, number, number];
}

/** The plane of a frame, if the header gives one for it: a position at the root is that of one frame, not of several. */
export function planeOf(root: DataSet, frame: number, frames: number): Plane | undefined {
  const place = groupOf(root, frame, "planePosition");
  if (frames > 1 && place === root) return undefined;
  const position = decimals(place, "x00200032");
  const orientation = decimals(groupOf(root, frame, "planeOrientation"), "x00200037");
  if (position.length !== 3 || orientation.length !== 6) return undefined;
  return { position, orientation } as unknown as Plane;
}

/** Size of a pixel, millimetres [row, column]: in the patient, or at the detector of a radiograph. */
export function spacingOf(root: DataSet, frame: number): readonly [number, number] | undefined {
  const measures = groupOf(root, frame, "pixelMeasures");
  for (const [dataSet, tag] of [
    [measures, "x00280030"],
    [root, "x00181164"],
  ] as const) {
    const [row, column] = decimals(dataSet, tag);
    if (row !== undefined && column !== undefined && row > 0 && column > 0) return [row, column];
  }
  return undefined;
}

/** Rescale slope and intercept of a frame (PS3.3 section C.11.1), 1 and 0 when absent. */
export function rescaleOf(root: DataSet, frame: number): { readonly slope: number; readonly intercept: number } {
  const group = groupOf(root, frame, "pixelValueTransformation");
  return { slope: decimal(group, "x00281053") ?? 1, intercept: decimal(group, "x00281052") ?? 0 };
}
