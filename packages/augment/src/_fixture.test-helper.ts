/** Reference values made by tools/goldens/augment_views.py, and the specs that their cases need. */
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { identityParameters, type JitterStep, packViews, type ViewParameters } from "./parameters.ts";
import type { ImageForm, ViewGroup, ViewOperations, ViewSpec } from "./spec.ts";

/** One picture with its parameters and torchvision's results. */
export interface Case {
  readonly name: string;
  readonly image: string;
  readonly size: number;
  readonly parameters: {
    readonly box?: readonly [number, number, number, number];
    readonly bicubic?: boolean;
    readonly angle?: number;
    readonly quarterTurns?: number;
    readonly flipX?: boolean;
    readonly flipY?: boolean;
    readonly jitter?: readonly (readonly [JitterStep["operation"], number])[];
    readonly grayscale?: boolean;
    readonly kernelSize?: number;
    readonly blurSigma?: number;
    readonly solarize?: number;
  };
  /** On float images, in millionths; [c, size, size]. */
  readonly micro: readonly number[];
  /** On 8-bit images. */
  readonly byte?: readonly number[];
}

interface Fixture {
  readonly source: string;
  readonly images: Record<string, { shape: [number, number, number]; data: number[] }>;
  readonly cases: readonly Case[];
  readonly boxes: readonly [number, number, [number, number], [number, number], number[], number[]][];
  readonly evaluation: readonly { image: string; size: number; micro: number[] }[];
}

/** All of torchvision's values. */
export const fixture = JSON.parse(readFileSync(new URL("../fixtures/views.json", import.meta.url), "utf8")) as Fixture;

/** A fixture image as a batch of one, 8-bit or float. */
export function imageTensor(name: string, dtype: ImageForm["dtype"]): tf.Tensor4D {
  const image = fixture.images[name];
  if (image === undefined) throw new Error(`no image ${name}`);
  const shape: [number, number, number, number] = [1, ...image.shape];
  if (dtype === "uint8") return tf.tensor4d(image.data, shape, "int32");
  return tf.tensor4d(
    image.data.map((value) => value / 255),
    shape,
    "float32",
  );
}

/** Every jitter on, so that any order of them has its slots. */
const allJitter = { brightness: [0, 2], contrast: [0, 2], saturation: [0, 2], hue: [-0.5, 0.5] } as const;

/** Only what the case uses, as a real spec would have it. */
function operationsOf(parameters: Case["parameters"]): ViewOperations {
  const { angle, quarterTurns, jitter, grayscale, kernelSize, solarize } = parameters;
  const used = Object.fromEntries((jitter ?? []).map(([name]) => [name, allJitter[name]]));
  return {
    ...(angle !== undefined && { rotation: { p: 1, degrees: [-180, 180] as const } }),
    ...(quarterTurns !== undefined && { quarterTurn: { p: 0.75 } }),
    ...(jitter !== undefined && { colorJitter: { p: 1, ranges: used } }),
    ...(grayscale !== undefined && { grayscale: { p: 1 } }),
    ...(kernelSize !== undefined && { gaussianBlur: { p: 1, sigma: [0.1, 2] as const, kernelSize } }),
    ...(solarize !== undefined && { solarize: { p: 1, threshold: solarize } }),
  };
}

/** The case's parameters in this package's form. */
function parametersOf({ image, parameters }: Case): ViewParameters {
  const [height = 0, width = 0] = fixture.images[image]?.shape ?? [];
  const view = identityParameters({ height, width });
  const [top = 0, left = 0, boxHeight = height, boxWidth = width] = parameters.box ?? [];
  return {
    ...view,
    top,
    left,
    height: boxHeight,
    width: boxWidth,
    angle: parameters.angle ?? 0,
    quarterTurns: parameters.quarterTurns ?? 0,
    flipX: parameters.flipX ?? false,
    flipY: parameters.flipY ?? false,
    jitter: (parameters.jitter ?? []).map(([operation, factor]) => ({ operation, factor })),
    grayscale: parameters.grayscale ?? false,
    blurSigma: parameters.blurSigma ?? 0,
    solarize: parameters.solarize !== undefined,
  };
}

/** A spec of one group without normalisation. */
export function specFor(
  image: ImageForm,
  group: Partial<ViewGroup>,
  interpolation: ViewSpec["interpolation"] = "bilinear",
): ViewSpec {
  return {
    image,
    mean: Array<number>(image.channels).fill(0),
    std: Array<number>(image.channels).fill(1),
    interpolation,
    groups: [{ name: "global", views: 1, size: 4, scale: [0.3, 1], ratio: [3 / 4, 4 / 3], operations: {}, ...group }],
  };
}

/** The spec, images and packed parameters of a case, with the case's view repeated `views` times over a batch of one. */
export function setUp(
  one: Case,
  dtype: ImageForm["dtype"],
): { spec: ViewSpec; images: tf.Tensor4D; packed: tf.Tensor2D } {
  const images = imageTensor(one.image, dtype);
  const [, height, width, channels] = images.shape;
  const spec = specFor(
    { height, width, channels, dtype },
    { size: one.size, operations: operationsOf(one.parameters) },
    one.parameters.bicubic ? "bicubic" : "bilinear",
  );
  const values = packViews(spec.groups[0] as ViewGroup, [parametersOf(one)]);
  return { spec, images, packed: tf.tensor2d(values, [values.length, 1]) };
}

/** Largest absolute difference. */
export function largestGap(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < got.length; i++) {
    const gap = Math.abs((got[i] as number) - (wanted[i] as number));
    // NaN must not pass as 0
    most = gap <= most ? most : gap;
    if (Number.isNaN(gap)) return Number.POSITIVE_INFINITY;
  }
  return most;
}
