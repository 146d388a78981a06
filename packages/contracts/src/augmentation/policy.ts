/**
 * Augmentation policies: which operations suit a domain, why, and which ones would destroy what its images measure. Not the
 * policies themselves (policies/) and not what operations do (`@lejepa/augment`).
 */
import { LejepaError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type AskedOperations, type Border, type OperationName, operationNames } from "./operations.ts";

/** How a policy cuts views, where it differs from the paper: shares of the image's area, and width over height. */
export interface PolicyViews {
  readonly globalScale?: readonly [number, number];
  readonly localScale?: readonly [number, number];
  readonly ratio?: readonly [number, number];
}

/** A domain's policy. Plain data: it is written into the run folder. */
export interface AugmentationPolicy {
  readonly name: string;
  /** What it is for, a few words. */
  readonly title: string;
  readonly views: PolicyViews;
  readonly border: Border;
  /** The operations that are on; what is not said of one has its own default. */
  readonly operations: AskedOperations;
  /** Why each operation is there: what the instrument or the world does that it imitates. Also for `views`. */
  readonly reasons: Readonly<Partial<Record<OperationName | "views", string>>>;
  /** Operations, or single settings (`colorJitter.hue`), that are refused unless forced, and why. */
  readonly never: Readonly<Record<string, string>>;
  /** Papers, standards, programs that it follows. */
  readonly sources: readonly string[];
}

/** What {@link defineAugmentation} takes: what is left out is the other policy's. */
export type AugmentationDefinition = Partial<AugmentationPolicy> & {
  readonly name: string;
  /** The policy to start from. Operations are merged key by key; `never` and `reasons` are added to. */
  readonly extends?: AugmentationPolicy;
  /** Operations of the other policy that this one has not. */
  readonly without?: readonly OperationName[];
};

/**
 * Declares a policy, alone or by changing another one:
 *
 *     export const slides = defineAugmentation({
 *       name: "my-slides", extends: policies.microscopy, title: "H&E slides of our scanner",
 *       operations: { colorJitter: { hue: 0.04 } }, reasons: { colorJitter: "stains differ between batches" },
 *     });
 *
 * @throws LejepaError E_USAGE when the name is not lower-case letters, digits and dashes, or an operation is unknown, lacks its reason, or
 *   is forbidden by the policy itself
 */
export function defineAugmentation({
  extends: base,
  without = [],
  ...own
}: AugmentationDefinition): AugmentationPolicy {
  if (!/^[a-z][a-z0-9-]*$/.test(own.name)) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "defineAugmentation",
      expected: "a name of lower-case letters, digits and dashes",
      got: JSON.stringify(own.name),
    });
  }
  const operations: Record<string, object | undefined> = { ...base?.operations };
  for (const [name, options] of Object.entries(own.operations ?? {}))
    operations[name] = { ...operations[name], ...options };
  // what the other policy forbids and this one has, it allows; what this one forbids and the other has, is taken out
  const inherited = Object.entries(base?.never ?? {}).filter(([key]) => !says(own.operations, key));
  for (const key of Object.keys(own.never ?? {})) {
    const [name = "", setting] = key.split(".");
    if (setting === undefined) delete operations[name];
    else if (operations[name] !== undefined) operations[name] = { ...operations[name], [setting]: 0 };
  }
  for (const name of without) delete operations[name];
  const policy = {
    name: own.name,
    title: own.title ?? base?.title ?? own.name,
    views: { ...base?.views, ...own.views },
    border: own.border ?? base?.border ?? "reflect",
    operations: operations as AskedOperations,
    reasons: { ...base?.reasons, ...own.reasons },
    never: { ...Object.fromEntries(inherited), ...own.never },
    sources: [...(base?.sources ?? []), ...(own.sources ?? [])],
  } as const;
  checkPolicy(policy);
  return Object.freeze(policy);
}

function says(operations: AskedOperations | undefined, key: string): boolean {
  const [name, setting] = key.split(".") as [OperationName, string | undefined];
  const options = operations?.[name];
  return options !== undefined && (setting === undefined || setting in options);
}

function checkPolicy({ name: policy, operations, reasons, never }: AugmentationPolicy): void {
  const where = `policy ${policy}`;
  for (const name of [...Object.keys(operations), ...Object.keys(never).map(operationOf)]) expectOperation(where, name);
  for (const name of Object.keys(operations) as OperationName[]) {
    if (reasons[name] !== undefined) continue;
    throw new LejepaError({ code: "E_USAGE", where, expected: `a reason for ${name}`, got: "none" });
  }
}

/** The operation that a key of `never` or `force` is about: `colorJitter` of `colorJitter.hue`. */
export const operationOf = (key: string): string => key.split(".")[0] as string;

/** @throws LejepaError E_USAGE when there is no operation of this name */
export function expectOperation(where: string, name: string): asserts name is OperationName {
  if ((operationNames as readonly string[]).includes(name)) return;
  const similar = nearest(name, operationNames);
  throw new LejepaError({
    code: "E_USAGE",
    where,
    expected: `one of the operations ${operationNames.join(", ")}`,
    got: JSON.stringify(name),
    ...(similar !== undefined && { hint: `Did you mean ${similar}?` }),
  });
}
