/** The operations on the values of views, by name. Those that move pixels are geometry.ts' and draw-geometry.ts'. */
import { type OperationName, operationNames, type OperationOptions } from "@lejepa/contracts";
import type { Field, Operation, ViewForm } from "./operation.ts";
import { background } from "./operations/background.ts";
import { colorJitter } from "./operations/color-jitter.ts";
import { erasing } from "./operations/erasing.ts";
import { gaussianBlur } from "./operations/gaussian-blur.ts";
import { grayscale } from "./operations/grayscale.ts";
import { psf } from "./operations/psf.ts";
import { reddening } from "./operations/reddening.ts";
import { redshift } from "./operations/redshift.ts";
import { skyNoise } from "./operations/sky-noise.ts";
import { solarize } from "./operations/solarize.ts";
import type { ViewGroup, ViewSpec } from "./spec.ts";
import { rangeOf } from "./spec.ts";

/** Operations that move pixels. */
export const geometricNames = [
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
  redshift,
  reddening,
  psf,
  background,
  skyNoise,
  colorJitter,
  grayscale,
  gaussianBlur,
  solarize,
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
    const operation = (registry as Partial<Record<OperationName, unknown>>)[name] as Operation<OperationName> | undefined;
    if (options === undefined || options.probability === 0 || operation === undefined) continue;
    const fields = operation.fields(options, form);
    if (Object.keys(fields).length > 0) active.push({ operation, options, fields, form });
  }
  return active;
}
