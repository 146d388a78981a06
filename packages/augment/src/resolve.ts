/**
 * From a run's configuration to the spec of its views: which operations are on, with which ranges. Probabilities of 0 and
 * ranges that change nothing turn an operation off here, so that it costs nothing later. What can be wrong in the configuration
 * by itself is `parseConfig`'s to say; here is what only the stored images can tell.
 */
import { type AugmentConfig, type Config, LejepaError } from "@lejepa/contracts";
import {
  type ColorJitterRanges,
  type ImageForm,
  type Range,
  rangeOf,
  type ViewGroup,
  type ViewOperations,
  type ViewSpec,
} from "./spec.ts";

/** The parts of a configuration that decide the views. */
export interface ViewConfig {
  readonly views: Pick<
    Config["views"],
    "globals" | "globalSize" | "globalScale" | "locals" | "localSize" | "localScale" | "ratio"
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
 * The blur's kernel, which torchvision leaves to the caller, reaches three of the largest standard deviations to each side
 * (or as far as the view allows).
 *
 * @throws LejepaError E_CONFIG when a view is larger than the image, an operation on colours meets other than 3 channels, or
 *   mean and std do not have one usable value a channel, or cannot be those of values in [0, 1]
 */
export function resolveViews(config: ViewConfig, images: StoredImages): ViewSpec {
  const { views, augment } = config;
  const { height, width, channels, dtype, mean, std, interpolation = "bilinear" } = images;
  const range = rangeOf(images);
  checkStatistics(channels, mean, std);
  checkColour(channels, augment);
  const groups = [
    { name: "global" as const, views: views.globals, size: views.globalSize, scale: views.globalScale },
    { name: "local" as const, views: views.locals, size: views.localSize, scale: views.localScale },
  ].filter((group) => group.views > 0);
  for (const group of groups) checkSize(group, Math.min(height, width));
  const spec: ViewSpec = {
    image: Object.freeze({ height, width, channels, dtype, range }),
    mean: Object.freeze([...mean]),
    std: Object.freeze([...std]),
    interpolation,
    groups: groups.map((group) => ({ ...group, ratio: views.ratio, operations: operationsFor(augment, group.size) })),
  };
  checkRange(spec);
  return Object.freeze(spec);
}

function operationsFor(augment: AugmentConfig, size: number): ViewOperations {
  const { horizontalFlip, verticalFlip, rotation, colorJitter, grayscale, gaussianBlur, solarize } = augment;
  const ranges = jitterRanges(colorJitter);
  const jitters = colorJitter.probability > 0 && Object.keys(ranges).length > 0;
  const { sigma } = gaussianBlur;
  return {
    ...(rotation.degrees > 0 && { rotation: { p: 1, degrees: [-rotation.degrees, rotation.degrees] as const } }),
    ...(rotation.quarterTurns && { quarterTurn: { p: 0.75 } }),
    ...(horizontalFlip > 0 && { horizontalFlip: { p: horizontalFlip } }),
    ...(verticalFlip > 0 && { verticalFlip: { p: verticalFlip } }),
    ...(jitters && { colorJitter: { p: colorJitter.probability, ranges } }),
    ...(grayscale.probability > 0 && { grayscale: { p: grayscale.probability } }),
    ...(gaussianBlur.probability > 0 && {
      gaussianBlur: { p: gaussianBlur.probability, sigma, kernelSize: kernelSizeFor(sigma[1], size) },
    }),
    ...(solarize.probability > 0 && { solarize: { p: solarize.probability, threshold: solarize.threshold } }),
  };
}

// torchvision's ColorJitter(x): factors in [max(0, 1 - x), 1 + x], hue in [-x, x]
function jitterRanges({ brightness, contrast, saturation, hue }: AugmentConfig["colorJitter"]): ColorJitterRanges {
  const around1 = (x: number): Range => [Math.max(0, 1 - x), 1 + x];
  return {
    ...(brightness > 0 && { brightness: around1(brightness) }),
    ...(contrast > 0 && { contrast: around1(contrast) }),
    ...(saturation > 0 && { saturation: around1(saturation) }),
    ...(hue > 0 && { hue: [-hue, hue] as const }),
  };
}

// the border is reflected, so a kernel reaches at most size - 1 pixels
function kernelSizeFor(sigma: number, size: number): number {
  return 2 * Math.min(Math.max(1, Math.ceil(3 * sigma)), size - 1) + 1;
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

function checkColour(channels: number, { colorJitter, grayscale }: AugmentConfig): void {
  if (channels === 3) return;
  const asked: Record<string, number> = {
    "colorJitter.saturation": colorJitter.probability * colorJitter.saturation,
    "colorJitter.hue": colorJitter.probability * colorJitter.hue,
    "grayscale.probability": grayscale.probability,
  };
  for (const [key, amount] of Object.entries(asked)) {
    if (amount === 0) continue;
    throw new LejepaError({
      code: "E_CONFIG",
      where: `augment.${key}`,
      expected: `0 for images with ${channels} channel${channels === 1 ? "" : "s"}`,
      got: String(amount),
      hint: "Colours need exactly three channels (red, green, blue).",
    });
  }
}
