/**
 * From what a user asks for and the policy of the domain to the operations that views undergo. Pure; the images are known by
 * their channels alone.
 */
import type { z } from "zod";
import { LejepaError } from "../errors.ts";
import {
  type AskedOperations,
  type augmentSchema,
  type Border,
  type OperationName,
  operationNames,
  type Operations,
  operationSchemas,
} from "./operations.ts";
import { genericMultichannel } from "./policies/multichannel.ts";
import { natural } from "./policies/natural.ts";
import { policies, policyNamed } from "./policies.ts";
import { type AugmentationPolicy, expectOperation, operationOf, type PolicyViews } from "./policy.ts";

/** The section `augment` as a user wrote it. */
export type AskedAugmentation = z.output<typeof augmentSchema>;

/** The section `augment` of a resolved configuration: all that decides the operations, whatever later policies say. */
export type AugmentConfig = Operations & {
  readonly policy: string | AugmentationPolicy;
  readonly force: string[];
  readonly border: Border;
};

/** What is known when a policy is applied. */
export interface AugmentationContext {
  /** Channels of the stored images. */
  readonly channels: number;
  /**
   * The dataset's domain, for a configuration that names no policy: the policy of that name, else `natural` for 3 channels and
   * `generic-multichannel` for any other number.
   */
  readonly domain?: string | undefined;
  /** Where the configuration comes from, for messages. */
  readonly source: string;
}

/** A policy applied. */
export interface ResolvedAugmentation {
  readonly policy: AugmentationPolicy;
  readonly augment: AugmentConfig;
  readonly views: PolicyViews;
  /** What of the policy does not apply to these images, a sentence each. */
  readonly notes: readonly string[];
}

/** Settings that need red, green and blue, or to be told more. */
export const colourSettings: Readonly<Record<string, string>> = {
  grayscale: "one channel has no colour to lose, and the mean of many bands is no gray",
  "colorJitter.saturation": "saturation is defined for red, green and blue",
  "colorJitter.hue": "hue is defined for red, green and blue",
  reddening: "which bands they are has to be said by augment.reddening.coefficients",
};

/** The policy that the configuration means. */
export function policyOf(
  asked: AskedAugmentation,
  { channels, domain, source }: AugmentationContext,
): AugmentationPolicy {
  if (typeof asked.policy === "string") return policyNamed(asked.policy, `${source}: augment.policy`);
  if (asked.policy !== null) return expectPolicy(asked.policy, source);
  const own =
    domain !== undefined && domain !== natural.name && Object.hasOwn(policies, domain) ? policies[domain] : undefined;
  // what is said of photographs holds for their three colours
  return own ?? (channels === 3 ? natural : genericMultichannel);
}

/**
 * Applies a policy. Settings of one operation: its own defaults, changed by the policy, changed by the user.
 *
 * @throws LejepaError E_CONFIG for an operation that the policy forbids (with the reason; unless `force` names it), one on colours that
 *   was asked for where there are none, ranges the wrong way round, unknown policies
 */
export function resolveAugmentation(asked: AskedAugmentation, context: AugmentationContext): ResolvedAugmentation {
  const { source, channels } = context;
  const policy = policyOf(asked, context);
  for (const name of asked.force) expectForced(name, source);
  refuseForbidden(asked, policy, context);
  const notes: string[] = [];
  const operations: Record<string, Record<string, unknown>> = {};
  for (const name of operationNames) {
    const own = asked[name];
    const given = policy.operations[name];
    if (own === undefined && given === undefined) continue;
    const forbidden = Object.fromEntries(forbiddenSettings(name, policy, asked.force).map((setting) => [setting, 0]));
    // those on colours are told apart below: asked for where there are none, they are refused
    const taken =
      channels === 3 ? forbidden : withoutKeys(forbidden, (setting) => `${name}.${setting}` in colourSettings);
    const options = operationSchemas[name].parse({ ...given, ...own, ...taken });
    checkRanges(name, options, source);
    operations[name] =
      channels === 3 ? { ...options } : withoutColour(name, options, { asked: own, channels, notes, source });
  }
  const resolved = {
    policy: asked.policy ?? policy.name,
    force: [...asked.force],
    border: asked.border ?? policy.border,
    ...operations,
  };
  return { policy, augment: resolved as AugmentConfig, views: policy.views, notes };
}

function expectPolicy(value: unknown, source: string): AugmentationPolicy {
  const { name, operations, reasons, never, views } = (value ?? {}) as Partial<AugmentationPolicy>;
  if (typeof name === "string" && [operations, reasons, never, views].every((part) => typeof part === "object"))
    return value as AugmentationPolicy;
  throw new LejepaError({
    code: "E_CONFIG",
    where: `${source}: augment.policy`,
    expected: "the name of a policy, or one made with defineAugmentation",
    got: JSON.stringify(value),
  });
}

function expectForced(key: string, source: string): void {
  expectOperation(`${source}: augment.force`, operationOf(key));
}

function refuseForbidden(
  asked: AskedAugmentation,
  policy: AugmentationPolicy,
  { channels, source }: AugmentationContext,
): void {
  for (const [key, reason] of Object.entries(policy.never)) {
    // what no force can give is refused with its own reason
    if (channels !== 3 && Object.hasOwn(colourSettings, key)) continue;
    if (asked.force.includes(key) || asked.force.includes(operationOf(key))) continue;
    const value = askedStrength(asked, key);
    if (value === undefined) continue;
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${source}: augment.${key.includes(".") ? key : `${key}.probability`}`,
      expected: `0: ${reason} (policy ${policy.name})`,
      got: String(value),
      hint: `To have it nevertheless: augment.force=["${key}"]. Or choose another augment.policy.`,
    });
  }
}

// what nobody asked for must not come in by an operation's own defaults
function forbiddenSettings(
  name: OperationName,
  { never }: AugmentationPolicy,
  force: readonly string[],
): readonly string[] {
  if (force.includes(name)) return [];
  const keys = Object.keys(never).filter((key) => key.startsWith(`${name}.`) && !force.includes(key));
  return keys.map((key) => key.slice(name.length + 1));
}

const withoutKeys = (settings: Readonly<Record<string, number>>, drop: (key: string) => boolean): object =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => !drop(key)));

// what the user asked of a forbidden thing, if it would have an effect
function askedStrength(asked: AskedOperations, key: string): number | undefined {
  const [name, setting] = key.split(".") as [OperationName, string | undefined];
  const options = asked[name] as Readonly<Record<string, unknown>> | undefined;
  if (options === undefined || options["probability"] === 0) return undefined;
  if (setting !== undefined) return positive(options[setting]);
  const complete = operationSchemas[name].parse(options) as { readonly probability: number };
  return positive(complete.probability);
}

const positive = (value: unknown): number | undefined => (typeof value === "number" && value > 0 ? value : undefined);

function checkRanges(name: OperationName, options: Readonly<Record<string, unknown>>, source: string): void {
  for (const [key, value] of Object.entries(options)) {
    // a list is no range, even of two numbers
    const leaf = operationSchemas[name].shape[key as "probability"] as z.ZodDefault<z.ZodType>;
    if (!Array.isArray(value) || leaf.unwrap().type !== "tuple" || value[0] <= value[1]) continue;
    throw new LejepaError({
      code: "E_CONFIG",
      where: `${source}: augment.${name}.${key}`,
      expected: "the smaller number first",
      got: `[${value.join(", ")}]`,
    });
  }
}

interface ColourContext {
  readonly asked: object | undefined;
  readonly channels: number;
  readonly notes: string[];
  readonly source: string;
}

// what the policy has by itself is left out; asking for it by name is refused
function withoutColour(
  name: OperationName,
  options: Record<string, unknown>,
  { asked, channels, notes, source }: ColourContext,
): Record<string, unknown> {
  const changed = { ...options };
  for (const [key, reason] of Object.entries(colourSettings)) {
    const [operation, setting = "probability"] = key.split(".");
    if (operation !== name || options["probability"] === 0 || positive(options[setting]) === undefined) continue;
    if (name === "reddening" && options["coefficients"] !== null) continue;
    if (asked !== undefined && positive((asked as Record<string, unknown>)[setting]) !== undefined) {
      throw new LejepaError({
        code: "E_CONFIG",
        where: `${source}: augment.${operation}.${setting}`,
        expected: "0",
        got: String(options[setting]),
        hint: `Leave it out: it needs 3 channels and data.channels is ${channels} (${reason}).`,
      });
    }
    changed[setting] = 0;
    notes.push(`${key} does not apply to ${channels} channel${channels === 1 ? "" : "s"}: ${reason}`);
  }
  return changed;
}
