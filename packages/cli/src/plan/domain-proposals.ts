// Which augmentation policy suits the images, and which crops their objects need. The dataset says which domain it is of, headers and
// pixels say more; what the policies do is in @lejepa/contracts.
import { type AugmentationPolicy, type Config, policies } from "@lejepa/contracts";
import type { FactCount } from "@lejepa/data";
import { cropsMiss, leastCropArea } from "@lejepa/eval";
import type { ImageFacts, Rule } from "./proposal.ts";

/** What decides the policy. */
export type DomainFacts = Pick<ImageFacts, "domain" | "channels" | "channelNames" | "dtype" | "facts" | "objectArea">;

/** A policy and why. */
interface Choice {
  readonly name: string;
  readonly reason: string;
}

// DICOM's terms for modalities (PS3.3, C.7.3.1.1.1): projections with X-rays, and slides under a microscope
const modalityPolicies: Readonly<Record<string, string>> = {
  CT: "ct",
  MR: "mr",
  CR: "xray",
  DX: "xray",
  RG: "xray",
  MG: "xray",
  PX: "xray",
  IO: "xray",
  SM: "microscopy",
  GM: "microscopy",
};

// below this share of one kind, images are a mixture
const nearlyAll = 0.9;

// polarisations of radar: sent and received, horizontal or vertical
const polarisation = /(^|[^a-z])[hv][hv]([^a-z]|$)/i;

/**
 * The policy by name, so that the configuration says it (nothing for a domain without one, or where photographs are meant), and larger
 * crops where they would miss a small object.
 */
export function domainRules(facts: DomainFacts, config: Pick<Config, "augment" | "views">): Rule[] {
  const choice = choose(facts);
  const policy = choice && policies[choice.name];
  const rules: Rule[] = [];
  if (choice !== undefined && policy !== undefined && policy.name !== "natural")
    rules.push({ key: "augment.policy", value: policy.name, reason: choice.reason });
  const { policy: asked } = config.augment;
  const own = typeof asked === "string" ? policies[asked] : (asked ?? policy);
  return [...rules, ...cropRules(facts, config, own)];
}

function cropRules(
  { objectArea }: DomainFacts,
  { views }: Pick<Config, "views">,
  policy: AugmentationPolicy | undefined,
): Rule[] {
  const [from, to] = views.localScale ?? policy?.views.localScale ?? [0.05, 0.3];
  if (objectArea === undefined || views.locals === 0 || !cropsMiss(objectArea, from)) return [];
  const least = Math.round(100 * leastCropArea(objectArea)) / 100;
  const reason = `the object covers about ${(100 * objectArea).toFixed(0)} % of the image: smaller crops miss it`;
  return [{ key: "views.localScale", value: [least, Math.min(1, Math.max(to, 2 * least))], reason }];
}

// from what is known best to the domain itself: the first policy that there is
function choose(facts: DomainFacts): Choice | undefined {
  return [...byModality(facts), ...byBands(facts), ...byDomain(facts)].find(({ name }) =>
    Object.hasOwn(policies, name),
  );
}

function byModality({ domain, facts = [] }: DomainFacts): Choice[] {
  if (domain !== "medical") return [];
  const modality = facts.find(({ name }) => name === "modality");
  if (modality === undefined) return [];
  const counts = new Map<string, number>();
  for (const { value, count } of modality.values) {
    const name = modalityPolicies[String(value)];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  const found = [...counts].find(([, count]) => count >= nearlyAll * modality.items);
  if (found === undefined) return [];
  const terms = modality.values.filter(({ value }) => modalityPolicies[String(value)] === found[0]);
  return [
    {
      name: found[0],
      reason: `${found[1]} of ${modality.items} images are ${terms.map(({ value }) => String(value)).join(", ")}`,
    },
  ];
}

function byBands({ domain, channels, channelNames = [], dtype, facts = [] }: DomainFacts): Choice[] {
  if (domain === "satellite-optical") {
    if (channelNames.length > 0 && channelNames.every((name) => polarisation.test(name)))
      return [{ name: "satellite-sar", reason: `the bands are polarisations of a radar (${channelNames.join(", ")})` }];
    if (channels <= 2 && (dtype === "float32" || isFloat(facts)))
      return [
        {
          name: "generic-multichannel",
          reason: `${channels === 1 ? "one band" : "two bands"} of real numbers: heights or indices rather than reflectances`,
        },
      ];
    return [];
  }
  if (domain !== "natural" || channels === 1 || channels === 3) return [];
  return [{ name: "generic-multichannel", reason: `${channels} channels are no photograph's` }];
}

function isFloat(facts: readonly FactCount[]): boolean {
  const format = facts.find(({ name }) => name === "sampleFormat");
  return format !== undefined && format.values.every(({ value }) => value === "float");
}

function byDomain({ domain }: DomainFacts): Choice[] {
  return Object.hasOwn(policies, domain)
    ? [{ name: domain, reason: `views that suit ${(policies[domain] as AugmentationPolicy).title}` }]
    : [];
}
