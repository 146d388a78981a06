/**
 * What the views of one training run are: a plain, frozen value that the host (drawing parameters) and the device
 * (applying them) both read. Not the user's config: `resolveViews` makes this from it. An operation that is absent is
 * off and costs nothing, neither in the parameters nor in the graph.
 */
import type { Border, Operations } from "@lejepa/contracts";

/** A closed range, or a half-open one for what is drawn from it: low <= high. */
export type Range = readonly [low: number, high: number];

/** The two kinds of views of a multi-crop batch. */
export type GroupName = "global" | "local";

/** Views of one size. */
export interface ViewGroup {
  readonly name: GroupName;
  /** Views of each image. */
  readonly views: number;
  /** Width and height of a view, pixels. */
  readonly size: number;
  /** Share of the image's area that a crop covers. */
  readonly scale: Range;
  /** Width over height of a crop, drawn uniformly in its logarithm. */
  readonly ratio: Range;
  /** The operations that are on, by name; they act in the order of `operationNames`. */
  readonly operations: Operations;
}

/** Stored images that views are made from. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Type of the program's input. 16-bit images come as `int32` or `float32`. */
  readonly dtype: "uint8" | "int32" | "float32";
  /**
   * Values of black and of white, e.g. [-1000, 400] for a CT in Hounsfield units; by default [0, 255] for `uint8` and [0, 1]
   * otherwise. Values beyond are shown as black or white; everything after is on the scale where black is 0 and white is 1.
   */
  readonly range?: Range;
  /** Names of the channels, where the dataset has them. */
  readonly channelNames?: readonly string[];
  /** Whether masks come with the images: what is invalid is the mean of its channel in every view, exactly. */
  readonly masked?: boolean;
  /** Whether a partner comes with each image, another date of its place: views of odd number are cut from it. */
  readonly paired?: boolean;
}

/** Black and white. */
export function rangeOf({ dtype, range }: Pick<ImageForm, "dtype" | "range">): Range {
  return range ?? [0, dtype === "uint8" ? 255 : 1];
}

/** All that determines the views, except the seed. */
export interface ViewSpec {
  readonly image: ImageForm;
  /** Per channel, on the scale where white is 1. */
  readonly mean: readonly number[];
  /** Per channel, on the same scale; > 0. */
  readonly std: readonly number[];
  readonly interpolation: "bilinear" | "bicubic";
  /** What is seen outside the image by views that reach there. */
  readonly border: Border;
  /** Share of valid pixels that a crop should have, where images have masks; 0 by default. */
  readonly leastValid?: number;
  /** Global views first. */
  readonly groups: readonly ViewGroup[];
}
