/** The policies that the project brings, by name. */
import { nearest } from "../nearest.ts";
import { LejepaError } from "../errors.ts";
import type { AugmentationPolicy } from "./policy.ts";
import { galaxy } from "./policies/galaxy.ts";
import { genericMultichannel } from "./policies/multichannel.ts";
import { food, natural } from "./policies/natural.ts";
import { microscopy } from "./policies/microscopy.ts";
import { ct, medical, mr, xray } from "./policies/radiology.ts";
import { satelliteOptical, satelliteSar } from "./policies/satellite.ts";

const all: readonly AugmentationPolicy[] = [
  natural,
  food,
  galaxy,
  satelliteOptical,
  satelliteSar,
  genericMultichannel,
  medical,
  ct,
  mr,
  xray,
  microscopy,
];

/** Policies by their names. */
export const policies: Readonly<Record<string, AugmentationPolicy>> = Object.fromEntries(
  all.map((policy) => [policy.name, policy]),
);

/**
 * The policy of this name.
 *
 * @throws LejepaError E_CONFIG naming the known ones
 */
export function policyNamed(name: string, where: string): AugmentationPolicy {
  const found = Object.hasOwn(policies, name) ? policies[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(policies);
  const similar = nearest(name, known);
  throw new LejepaError({
    code: "E_CONFIG",
    where,
    expected: `one of the policies ${known.join(", ")}, or one made with defineAugmentation`,
    got: JSON.stringify(name),
    ...(similar !== undefined && { hint: `Did you mean ${similar}?` }),
  });
}
