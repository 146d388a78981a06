/**
 * The settings of every operation that a view can undergo, and the section `augment` of a configuration made of them. One
 * schema an operation: its leaves have the defaults that hold when a policy or a user turns it on and says no more; what a
 * user writes are the same leaves without defaults, because a policy stands in between (policy.ts).
 */
import { z } from "zod";
import { astronomy } from "./operations/astronomy.ts";
import { erasing } from "./operations/erasing.ts";
import { geometry } from "./operations/geometry.ts";
import { atmosphere, dates, disturbances } from "./operations/observation.ts";
import { photometry, solarization } from "./operations/photometry.ts";
import { acquisition, display } from "./operations/radiology.ts";
import type { AugmentationPolicy } from "./policy.ts";

/** Settings of every operation, in the order in which they act. */
export const operationSchemas = {
  ...dates,
  ...geometry,
  ...atmosphere,
  ...astronomy,
  ...display,
  ...photometry,
  ...acquisition,
  ...disturbances,
  ...solarization,
  ...erasing,
} as const;

/** Name of an operation, as in `augment.NAME`. */
export type OperationName = keyof typeof operationSchemas;

/** All names, in the order in which operations act. */
export const operationNames = Object.keys(operationSchemas) as readonly OperationName[];

/** Complete settings of an operation. */
export type OperationOptions<Name extends OperationName = OperationName> = z.output<(typeof operationSchemas)[Name]>;

/** Settings of some operations, each as far as somebody cared to say. */
export type AskedOperations = { readonly [Name in OperationName]?: Partial<OperationOptions<Name>> | undefined };

/** Complete settings of the operations that are on. */
export type Operations = { readonly [Name in OperationName]?: OperationOptions<Name> };

/** How pixels outside the image are filled. */
export const borders = ["reflect", "edge", "zeros"] as const;

/** One of {@link borders}. */
export type Border = (typeof borders)[number];

type AskedSchemas = { [Name in OperationName]: z.ZodOptional<z.ZodType<Partial<OperationOptions<Name>>>> };

// the leaf without its default; the default stays visible to the docs
function asked(leaf: z.ZodDefault<z.ZodType>): z.ZodType {
  return leaf
    .unwrap()
    .optional()
    .meta({ description: leaf.description ?? "", unsaid: leaf.parse(undefined) });
}

const askedSchemas = Object.fromEntries(
  Object.entries(operationSchemas).map(([name, schema]) => {
    const leaves = Object.entries(schema.shape).map(([key, leaf]) => [key, asked(leaf as z.ZodDefault<z.ZodType>)]);
    return [
      name,
      z
        .strictObject(Object.fromEntries(leaves))
        .optional()
        .describe(schema.description ?? ""),
    ];
  }),
) as unknown as AskedSchemas;

/** The section `augment`. */
export const augmentSchema = z
  .strictObject({
    policy: z
      .custom<string | AugmentationPolicy>()
      .meta({ type: ["string", "object"] })
      .nullable()
      .default(null)
      .describe(
        "Name of an augmentation policy, or one made with `defineAugmentation`; null: the policy of the dataset's domain.",
      ),
    force: z
      .array(z.string())
      .default([])
      .describe("Operations that the policy forbids and that are wanted nevertheless."),
    border: z
      .enum(borders)
      .nullable()
      .default(null)
      .describe("How pixels outside the image are filled; null: as the policy says (reflect)."),
    ...askedSchemas,
  })
  .prefault({})
  .describe(
    "Random changes of each view, drawn afresh for every view and step. What is not said here is as the policy has it.",
  );
