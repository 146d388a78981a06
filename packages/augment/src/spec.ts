/**
 * What the views of one training run are: a plain, frozen value that the host (drawing parameters) and the device
 * (applying them) both read. Not the user's config: `resolveViews` makes this from it. An operation that is absent is
 * off and costs nothing, neither in the parameters nor in the graph.
 */

/** A closed range, or a half-open one for what is drawn from it: low <= high. */
export type Range = readonly [low: number, high: number];

/** The two kinds of views of a multi-crop batch. */
export type GroupName = "global" | "local";

/** Operations of ColorJitter that change every pixel by `clamp(factor * x + (1 - factor) * reference)`. */
export type BlendOperation = "brightness" | "contrast" | "saturation";

/** Ranges of the factors of ColorJitter; an absent one leaves that operation out. */
export interface ColorJitterRanges {
  /** Factors >= 0; 1 changes nothing. */
  readonly brightness?: Range;
  readonly contrast?: Range;
  readonly saturation?: Range;
  /** Turns of the hue circle, within [-0.5, 0.5]; 0 changes nothing. */
  readonly hue?: Range;
}

/** Operations on a view in the order in which they apply: torchvision's recipe order. All `p` are probabilities. */
export interface ViewOperations {
  /** Free rotation of the whole image before the crop, degrees counter-clockwise; corners become 0. */
  readonly rotation?: { readonly p: number; readonly degrees: Range };
  /** A rotation by 90, 180 or 270 degrees (each as likely) of the cropped view, with probability p; exact. */
  readonly quarterTurn?: { readonly p: number };
  readonly horizontalFlip?: { readonly p: number };
  readonly verticalFlip?: { readonly p: number };
  /** The operations named in `ranges`, in an order drawn anew for each view. */
  readonly colorJitter?: { readonly p: number; readonly ranges: ColorJitterRanges };
  readonly grayscale?: { readonly p: number };
  /** Standard deviation in pixels of the view; the kernel has `kernelSize` (odd) taps a side, reflected at the border. */
  readonly gaussianBlur?: { readonly p: number; readonly sigma: Range; readonly kernelSize: number };
  /** Inverts what is at or above the threshold; both on the scale where white is 1. */
  readonly solarize?: { readonly p: number; readonly threshold: number };
}

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
  readonly operations: ViewOperations;
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
  /** Global views first. */
  readonly groups: readonly ViewGroup[];
}
