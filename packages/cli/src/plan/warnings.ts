// What could go wrong with a dataset, in plain words: one sentence each, the worst first. Pure; the numbers are the survey's.
import type { Config } from "@lejepa/contracts";
import type { Survey } from "./survey.ts";
import { shortSide } from "./sizes.ts";

type Check = (survey: Survey, config: Config) => string | undefined | false;

/** All that is worth a warning. What the dataset itself warns of comes first. */
export function warnings(survey: Survey, config: Config): string[] {
  const own = checks.map((check) => check(survey, config)).filter((line): line is string => typeof line === "string");
  return [...survey.listing.warnings, ...own];
}

const share = (part: number, whole: number): string => `${Math.round((100 * part) / Math.max(1, whole))} %`;
const fewImages = 1000;
const fewOfClass = 5;
const imbalance = 10;

const leakage: readonly Check[] = [
  ({ groupsInTwoSplits: groups }) =>
    groups.length > 0 &&
    `Leakage: the dataset puts ${groups.length} ${groups.length === 1 ? "group" : "groups"} into two splits (${groups[0]?.ids.join(" and ")}).`,
  ({ duplicates: { exact } }) => {
    const count = exact.filter(({ splits }) => splits.length > 1).length;
    return (
      count > 0 &&
      `Leakage: ${count} ${count === 1 ? "set" : "sets"} of equal files would lie in two splits: remove the copies, or give each set a group of its own.`
    );
  },
  ({ duplicates: { near } }) => {
    const count = near.filter(({ splits }) => splits.length > 1).length;
    return (
      count > 0 &&
      `Leakage? ${count} ${count === 1 ? "pair" : "pairs"} of images that look alike would lie in two splits.`
    );
  },
  ({ groups, listing }) =>
    groups !== undefined &&
    groups.largestShare > 0.5 &&
    `One group holds ${share(groups.largest, listing.items.length)} of the images: it stays in one split, so the others will be small or empty.`,
  ({ suspected }) =>
    suspected !== undefined &&
    `Leakage? The ${suspected.by === "folder" ? "folders" : "file names"} look like ${suspected.groups} groups of images (${suspected.example} has ${suspected.largest - 1} companions). If one patient, scene or object has several images, group them: see the options of the dataset.`,
];

const files: readonly Check[] = [
  ({ store: { failures }, sampled, listing: { items } }) =>
    failures.length > 0 &&
    `${failures.length} of ${sampled.length} images looked at cannot be read${sampled.length < items.length ? `: expect about ${Math.round((failures.length / sampled.length) * items.length)} in all` : ""}.`,
  ({ files: { missing } }) => missing.length > 0 && `${missing.length} listed files are not there or may not be read.`,
  ({ duplicates: { surplus, exact } }) =>
    surplus > 0 && `${surplus} files are copies of others (${exact.length} ${exact.length === 1 ? "set" : "sets"}).`,
  ({ duplicates: { near, looked } }) =>
    near.length > 0 && `${near.length} pairs of images look alike among ${looked} compared.`,
];

const balance: readonly Check[] = [
  ({ listing: { items } }) =>
    items.length < fewImages &&
    `Few images (${items.length}): an encoder trained on other images may well be better; \`lejepa compare\` tells.`,
  ({ classes }) => classes.length === 1 && `One class only (${classes[0]?.name}): enough to train, not to compare.`,
  ({ classes }) => {
    const small = classes.filter(({ count }) => count < fewOfClass);
    return (
      classes.length > 1 &&
      small.length > 0 &&
      `${small.length} ${small.length === 1 ? "class has" : "classes have"} fewer than ${fewOfClass} images (${small
        .slice(0, 3)
        .map(({ name, count }) => `${name}: ${count}`)
        .join(", ")}): nothing can be measured on them.`
    );
  },
  ({ classes }) => {
    const [first, last] = [classes[0]?.count ?? 0, classes.at(-1)?.count ?? 1];
    return (
      first >= imbalance * last && `Unbalanced classes (${first} to ${last}): look at balanced accuracy, not accuracy.`
    );
  },
  ({ splits, splitProblem }, { batchSize }) =>
    splitProblem ??
    (splits !== undefined &&
      splits.train.length < batchSize &&
      `${splits.train.length} images to train on are fewer than a batch of ${batchSize}.`),
];

const pixels: readonly Check[] = [
  ({ pixels: { invalidShare } }) =>
    invalidShare > 0.2 && `${Math.round(100 * invalidShare)} % of the pixels are invalid (no data, padding).`,
  ({ pixels: { mostlyInvalid, images } }) =>
    mostlyInvalid > 0 && `${share(mostlyInvalid, images)} of the images looked at are more than half without data.`,
  ({ pixels: { constant, images } }) =>
    constant > 0 && `${constant} of ${images} images looked at show nothing (one value).`,
  ({ pixels: { channels } }) => {
    const flat = channels.flatMap(({ std }, i) => (std === 0 ? [i] : []));
    return flat.length > 0 && `Channel ${flat.join(", ")} is the same everywhere in the images looked at.`;
  },
  ({ facts }, { views }) => {
    const side = shortSide(facts);
    return (
      side !== undefined &&
      side.min < views.globalSize &&
      `${side.median < views.globalSize ? "Most" : "Some"} images are smaller than a view (${side.min} pixels; views have ${views.globalSize}): they are enlarged.`
    );
  },
  ({ facts }) => {
    const side = shortSide(facts);
    return (
      side !== undefined &&
      side.max >= 4 * side.min &&
      `Sizes differ widely: shorter sides from ${side.min} to ${side.max} pixels.`
    );
  },
];

// facts of which a set should have one value
const uniform: Readonly<Record<string, string>> = {
  crs: "coordinate systems",
  resolution: "resolutions",
  modality: "modalities",
  dtype: "types of values",
  bands: "numbers of bands",
  samples: "numbers of samples a pixel",
};

const mixtures: readonly Check[] = Object.entries(uniform).map(
  ([name, words]): Check =>
    ({ facts }) => {
      const fact = facts.find((entry) => entry.name === name);
      if (fact === undefined || fact.distinct < 2) return undefined;
      const shown = fact.values.slice(0, 4).map(({ value, count }) => `${value}: ${count}`);
      return `${fact.distinct} ${words} (${shown.join(", ")}${fact.distinct > 4 ? ", ..." : ""}): the encoder can tell images apart by them.`;
    },
);

const checks: readonly Check[] = [...leakage, ...files, ...balance, ...pixels, ...mixtures];
