/** Reference values made by tools/goldens/augment_views.py, and the specs that their cases need. */
import { readFileSync } from "node:fs";
import { type Border, type OperationName, type Operations, type RandomStream, stream } from "@lejepa/contracts";
import * as tf from "@tensorflow/tfjs";
import { identityParameters, packViews, type ViewParameters } from "./parameters.ts";
import type { ImageForm, ViewGroup, ViewSpec } from "./spec.ts";

/** One picture with its parameters and torchvision's results. */
export interface Case {
  readonly name: string;
  readonly image: string;
  readonly size: number;
  readonly parameters: {
    readonly box?: readonly [number, number, number, number];
    readonly bicubic?: boolean;
    readonly angle?: number;
    readonly shear?: readonly [number, number];
    readonly border?: Border;
    readonly quarterTurns?: number;
    readonly flipX?: boolean;
    readonly flipY?: boolean;
    readonly jitter?: readonly (readonly [string, number])[];
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

/** Only what the case uses, as a real spec would have it. */
function operationsOf(parameters: Case["parameters"]): Operations {
  const { border, angle, shear, quarterTurns, jitter, grayscale, kernelSize, solarize } = parameters;
  const used = (name: string, most: number): number => (jitter?.some(([one]) => one === name) ? most : 0);
  return {
    ...(border !== undefined && { zoomOut: { probability: 1, factor: [1, 1] } }),
    ...(angle !== undefined && { rotation: { probability: 1, degrees: 180 } }),
    ...(shear !== undefined && { shear: { probability: 1, degrees: 15 } }),
    ...(quarterTurns !== undefined && { quarterTurn: { probability: 0.75 } }),
    ...(jitter !== undefined && {
      colorJitter: {
        probability: 1,
        brightness: used("brightness", 1),
        contrast: used("contrast", 1),
        saturation: used("saturation", 1),
        hue: used("hue", 0.5),
      },
    }),
    ...(grayscale !== undefined && { grayscale: { probability: 1 } }),
    // the kernel's size follows from the largest sigma
    ...(kernelSize !== undefined && { gaussianBlur: { probability: 1, sigma: [0.1, (kernelSize - 1) / 6] } }),
    ...(solarize !== undefined && { solarize: { probability: 1, threshold: solarize } }),
  };
}

/** The case's parameters in this package's form. */
function parametersOf({ image, parameters }: Case): ViewParameters {
  const [height = 0, width = 0] = fixture.images[image]?.shape ?? [];
  const view = identityParameters({ height, width });
  const [top = 0, left = 0, boxHeight = height, boxWidth = width] = parameters.box ?? [];
  const { jitter, grayscale, blurSigma, solarize } = parameters;
  return {
    ...view,
    top,
    left,
    height: boxHeight,
    width: boxWidth,
    angle: parameters.angle ?? 0,
    shear: parameters.shear ?? [0, 0],
    quarterTurns: parameters.quarterTurns ?? 0,
    flipX: parameters.flipX ?? false,
    flipY: parameters.flipY ?? false,
    values: {
      ...(jitter && { colorJitter: Object.fromEntries(jitter) }),
      ...(grayscale && { grayscale: { on: 1 } }),
      ...(blurSigma !== undefined && { gaussianBlur: { sigma: blurSigma } }),
      ...(solarize !== undefined && { solarize: { on: 1 } }),
    },
  };
}

/** The operations of radiology and noise. */
export const radiologyNames = [
  "windowJitter",
  "biasField",
  "histogramShift",
  "gamma",
  "lowResolution",
  "gibbsRinging",
  "gaussianNoise",
  "ricianNoise",
  "quantumNoise",
] as const satisfies readonly OperationName[];

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
    border: "reflect",
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
  const plain = specFor(
    { height, width, channels, dtype },
    { size: one.size, operations: operationsOf(one.parameters) },
    one.parameters.bicubic ? "bicubic" : "bilinear",
  );
  const spec = { ...plain, border: one.parameters.border ?? "reflect" };
  const values = packViews(spec, spec.groups[0] as ViewGroup, [parametersOf(one)]);
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

/** Gives out recorded draws: uniforms in [0, 1), then integers. */
export function replay(draws: readonly number[]): RandomStream {
  let next = 0;
  const take = (): number => draws[next++] as number;
  return {
    ...stream(0, "unused"),
    uniform: (lo = 0, hi = 1) => lo + (hi - lo) * take(),
    integer: () => take(),
  } as RandomStream;
}
