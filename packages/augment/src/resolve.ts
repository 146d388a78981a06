/**
 * From a run's configuration to the spec of its views: which operations are on, with which ranges. Probabilities of 0 and
 * ranges that change nothing turn an operation off here, so that it costs nothing later. What can be wrong in the configuration
 * by itself is `parseConfig`'s to say; here is what only the stored images can tell.
 */
import {
  type AugmentConfig,
  LejepaError,
  type OperationName,
  operationNames,
  type Operations,
  type ResolvedConfig,
} from "@lejepa/contracts";
import { type ImageForm, rangeOf, type ViewGroup, type ViewSpec } from "./spec.ts";

/** The parts of a configuration that decide the views. */
export interface ViewConfig {
  readonly views: Pick<
    ResolvedConfig["views"],
    "globals" | "globalSize" | "globalScale" | "locals" | "localSize" | "localScale" | "ratio" | "leastValid"
  >;
  readonly augment: AugmentConfig;
}

/** What is known about the stored images. */
export interface StoredImages extends ImageForm {
  /** Per channel, on the scale where black is 0 and white is 1. */
  readonly mean: readonly number[];
  /** Per channel, on the same scale; > 0. */
  readonly std: readonly number[];
  /** Filter of crops and resizes; `bilinear` by default. Both are anti-aliased. */
  readonly interpolation?: ViewSpec["interpolation"];
}

/**
 * The spec of a run's views.
 *
 * @throws LejepaError E_CONFIG when a view is larger than the image, or mean and std do not have one usable value a channel, or cannot be those of values in [0, 1]
 */
export function resolveViews(config: ViewConfig, images: StoredImages): ViewSpec {
  const { views, augment } = config;
  const { height, width, channels, dtype, mean, std, channelNames, masked, interpolation = "bilinear" } = images;
  const range = rangeOf(images);
  const paired = images.paired === true && (augment.seasonalPair?.probability ?? 0) > 0;
  checkStatistics(channels, mean, std);
  const groups = [
    { name: "global" as const, views: views.globals, size: views.globalSize, scale: views.globalScale },
    { name: "local" as const, views: views.locals, size: views.localSize, scale: views.localScale },
  ].filter((group) => group.views > 0);
  for (const group of groups) checkSize(group, Math.min(height, width));
  const spec: ViewSpec = {
    image: Object.freeze({
      height,
      width,
      channels,
      dtype,
      range,
      ...(channelNames && { channelNames }),
      ...(masked && { masked }),
      ...(paired && { paired }),
    }),
    mean: Object.freeze([...mean]),
    std: Object.freeze([...std]),
    interpolation,
    border: augment.border,
    ...(masked && { leastValid: views.leastValid }),
    groups: groups.map((group) => ({ ...group, ratio: views.ratio, operations: operationsOf(augment, paired) })),
  };
  checkRange(spec);
  return Object.freeze(spec);
}

function operationsOf(augment: AugmentConfig, paired: boolean): Operations {
  const isOn = (name: OperationName): boolean =>
    (augment[name]?.probability ?? 0) > 0 && (name !== "seasonalPair" || paired);
  return Object.fromEntries(operationNames.filter(isOn).map((name) => [name, augment[name]]));
}

function checkSize({ name, size }: Pick<ViewGroup, "name" | "size">, shorter: number): void {
  if (size <= shorter) return;
  throw new LejepaError({
    code: "E_CONFIG",
    where: `views.${name}Size`,
    expected: `at most the shorter side of the stored images (${shorter})`,
    got: String(size),
    hint: "Store larger images (data.imageSize) or cut smaller views.",
  });
}

function checkStatistics(channels: number, mean: readonly number[], std: readonly number[]): void {
  const usable = mean.every(Number.isFinite) && std.every((value) => Number.isFinite(value) && value > 0);
  if (usable && mean.length === channels && std.length === channels) return;
  throw new LejepaError({
    code: "E_CONFIG",
    where: "resolveViews",
    expected: `a finite mean and a positive std for each of ${channels} channels`,
    got: `mean [${mean.join(", ")}], std [${std.join(", ")}]`,
    hint: "A channel that is constant over the data has no spread: leave it out, or give it a std of 1.",
  });
}

// a variable within [0, 1] has its mean there and a standard deviation of at most 1/2
function checkRange({ mean, std, image }: ViewSpec): void {
  if (mean.every((value) => value >= 0 && value <= 1) && std.every((value) => value <= 0.5)) return;
  const [black, white] = rangeOf(image);
  throw new LejepaError({
    code: "E_CONFIG",
    where: "resolveViews",
    expected: `statistics of pixels brought to 0 (black, ${black}) and 1 (white, ${white})`,
    got: `a mean of [${mean.join(", ")}] and a standard deviation of [${std.join(", ")}]`,
    hint: "Give the range of the stored values, and statistics on the scale where black is 0 and white is 1.",
  });
}
