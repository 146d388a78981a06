/** The operations on the values of views, by name. Those that move pixels are geometry.ts' and draw-geometry.ts'. */
import { type OperationName, operationNames, type OperationOptions } from "@lejepa/contracts";
import type { Field, Operation, ViewForm } from "./operation.ts";
import { biasField } from "./operations/bias-field.ts";
import { bandDropout } from "./operations/band-dropout.ts";
import { bandGain } from "./operations/band-gain.ts";
import { clouds } from "./operations/clouds.ts";
import { gamma } from "./operations/gamma.ts";
import { background } from "./operations/background.ts";
import { colorJitter } from "./operations/color-jitter.ts";
import { erasing } from "./operations/erasing.ts";
import { gaussianBlur } from "./operations/gaussian-blur.ts";
import { gaussianNoise } from "./operations/gaussian-noise.ts";
import { gibbsRinging } from "./operations/gibbs-ringing.ts";
import { grayscale } from "./operations/grayscale.ts";
import { histogramShift } from "./operations/histogram-shift.ts";
import { lowResolution } from "./operations/low-resolution.ts";
import { quantumNoise } from "./operations/quantum-noise.ts";
import { ricianNoise } from "./operations/rician-noise.ts";
import { windowJitter } from "./operations/window-jitter.ts";
import { haze } from "./operations/haze.ts";
import { psf } from "./operations/psf.ts";
import { reddening } from "./operations/reddening.ts";
import { redshift } from "./operations/redshift.ts";
import { skyNoise } from "./operations/sky-noise.ts";
import { solarize } from "./operations/solarize.ts";
import { speckle } from "./operations/speckle.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";
import { rangeOf } from "./spec.ts";

/** Operations that move pixels. */
export const geometricNames = [
  "seasonalPair",
  "centreJitter",
  "zoomOut",
  "rotation",
  "shear",
  "quarterTurn",
  "horizontalFlip",
  "verticalFlip",
] as const satisfies readonly OperationName[];

/** Operations that change values. */
type PhotometricName = Exclude<OperationName, (typeof geometricNames)[number]>;

const registry: { readonly [Name in PhotometricName]: Operation<Name> } = {
  windowJitter,
  biasField,
  histogramShift,
  gamma,
  haze,
  bandGain,
  redshift,
  reddening,
  psf,
  background,
  skyNoise,
  colorJitter,
  grayscale,
  gaussianBlur,
  lowResolution,
  gibbsRinging,
  gaussianNoise,
  ricianNoise,
  quantumNoise,
  solarize,
  speckle,
  clouds,
  bandDropout,
  erasing,
};

/** An operation of a group with its settings. Name and settings belong together, which the type no longer says. */
export interface ActiveOperation {
  readonly operation: Operation<OperationName>;
  readonly options: OperationOptions & { readonly probability: number };
  readonly fields: Readonly<Record<string, Field>>;
  readonly form: ViewForm;
}

/** What operations of a group may know. */
export function formOf({ image, mean, std }: Pick<ViewSpec, "image" | "mean" | "std">, { size }: ViewGroup): ViewForm {
  const { channels, channelNames } = image;
  return { channels, size, mean, std, range: rangeOf(image), ...(channelNames && { channelNames }) };
}

/** The operations on values that a group has, in the order in which they act; those without a field cannot change anything. */
export function activeOperations({ operations }: ViewGroup, form: ViewForm): ActiveOperation[] {
  const active: ActiveOperation[] = [];
  for (const name of operationNames) {
    const options = operations[name] as ActiveOperation["options"] | undefined;
    const operation = (registry as Partial<Record<OperationName, unknown>>)[name] as
      | Operation<OperationName>
      | undefined;
    if (options === undefined || options.probability === 0 || operation === undefined) continue;
    const fields = operation.fields(options, form);
    if (Object.keys(fields).length > 0) active.push({ operation, options, fields, form });
  }
  return active;
}
