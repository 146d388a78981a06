// What a domain's images mean for the augmentations: a table. The dataset says which domain it is of, and why.
import type { ImageFacts, Rule } from "./proposal.ts";

const upAndDown = "up and down mean nothing in these images";
const values = "values are measurements: this would change what they mean";

const rules: Readonly<Record<string, readonly Rule[]>> = {
  medical: [
    { key: "augment.solarize.probability", value: 0, reason: values },
    { key: "augment.colorJitter.hue", value: 0, reason: values },
    { key: "augment.grayscale.probability", value: 0, reason: values },
    { key: "augment.horizontalFlip", value: 0, reason: "left and right differ in a body" },
    { key: "augment.rotation.degrees", value: 10, reason: "positioning varies a little from image to image" },
  ],
  satellite: [
    { key: "augment.verticalFlip", value: 0.5, reason: upAndDown },
    { key: "augment.rotation.quarterTurns", value: true, reason: upAndDown },
    { key: "augment.solarize.probability", value: 0, reason: values },
    { key: "augment.colorJitter.hue", value: 0, reason: values },
    { key: "augment.colorJitter.saturation", value: 0, reason: values },
    { key: "augment.grayscale.probability", value: 0, reason: values },
  ],
  galaxy: [
    { key: "augment.verticalFlip", value: 0.5, reason: upAndDown },
    { key: "augment.rotation.degrees", value: 180, reason: "the sky has no up" },
    { key: "augment.solarize.probability", value: 0, reason: values },
    { key: "augment.colorJitter.hue", value: 0, reason: values },
    { key: "augment.grayscale.probability", value: 0, reason: values },
    { key: "views.globalScale", value: [0.5, 1], reason: "the object is small and centred: small crops miss it" },
    { key: "views.localScale", value: [0.15, 0.5], reason: "the object is small and centred: small crops miss it" },
  ],
};

// operations on colour are off by themselves where there is none
const colourOnly: readonly string[] = [
  "augment.colorJitter.hue",
  "augment.colorJitter.saturation",
  "augment.grayscale.probability",
];

/** What to change for a domain; nothing for one that is not in the table. */
export function domainRules({ domain, channels }: Pick<ImageFacts, "domain" | "channels">): Rule[] {
  const found = Object.hasOwn(rules, domain) ? (rules[domain] as readonly Rule[]) : [];
  return found.filter(({ key }) => channels === 3 || !colourOnly.includes(key));
}
