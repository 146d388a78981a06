// Which augmentation policy suits the images. The dataset says which domain it is of; what the policies do is in @lejepa/contracts.
import { policies } from "@lejepa/contracts";
import type { ImageFacts, Rule } from "./proposal.ts";

/** The policy by name, so that the configuration says it; nothing for a domain without one, or where photographs are meant. */
export function domainRules({ domain }: Pick<ImageFacts, "domain">): Rule[] {
  const policy = Object.hasOwn(policies, domain) ? policies[domain] : undefined;
  if (policy === undefined || policy.name === "natural") return [];
  return [{ key: "augment.policy", value: policy.name, reason: `views that suit ${policy.title}` }];
}
