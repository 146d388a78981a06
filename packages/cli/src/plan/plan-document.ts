// The document of `lejepa plan`: what was found, what is proposed, what it would take. Numbers and names only; the words are in
// describe.ts and page.ts. Items are named by their ids, never by paths.
import { cpus, totalmem } from "node:os";
import { domainOf, operationNames, policyOf, type ResolvedConfig, withImages } from "@lejepa/contracts";
import type {
  ChannelDistribution,
  FactCount,
  GroupBalance,
  ImageStore,
  PixelScan,
  Splits,
  SuspectedGroups,
} from "@lejepa/data";
import type { ReadyConfig } from "../resolve-config.ts";
import type { DuplicateReport } from "./duplicate-report.ts";
import type { Proposal } from "./proposal.ts";
import type { Survey } from "./survey.ts";
import type { Timing } from "./timing.ts";
import type { Written } from "./write-config.ts";

/** The --json document. */
export interface PlanDocument {
  readonly dataset: {
    readonly id: string;
    readonly title: string;
    readonly license: string;
    readonly citation: string;
  };
  /** Images listed. */
  readonly images: number;
  readonly files: { readonly count: number; readonly bytes: number; readonly missing: number };
  readonly skipped: ImageStore["skipped"];
  readonly warnings: readonly string[];
  readonly facts: readonly FactCount[];
  /** Images whose facts are counted. */
  readonly factsOf: number;
  /** Images of each class, the largest first. */
  readonly classes: Readonly<Record<string, number>>;
  readonly unlabelled: number;
  readonly groups: GroupBalance | null;
  readonly suspectedGroups: SuspectedGroups | null;
  readonly splits: Readonly<Record<keyof Splits, number>> | null;
  /** Images that were decoded. */
  readonly sample: { readonly images: number; readonly decoded: number };
  /** Of the sample, what does not decode. */
  readonly failures: ImageStore["failures"];
  /** Remarks of the decoder on the sample. */
  readonly notes: ImageStore["notes"];
  readonly stored: { readonly size: number; readonly channels: number; readonly dtype: string };
  readonly channelNames: readonly string[] | null;
  /** Distribution of the decoded values, channel by channel. */
  readonly channels: readonly ChannelDistribution[];
  readonly pixels: Pick<PixelScan, "invalidShare" | "mostlyInvalid" | "constant" | "gray">;
  readonly duplicates: DuplicateReport;
  readonly domain: { readonly name: string; readonly reason: string };
  /** The policy of the configuration as it is: what it does to views and why, and what of it does not apply. */
  readonly augmentation: {
    readonly policy: string;
    readonly title: string;
    readonly operations: readonly { readonly name: string; readonly reason: string }[];
    readonly never: Readonly<Record<string, string>>;
    readonly notes: readonly string[];
    /** Why views are cut as they are, where the policy says so. */
    readonly viewsReason: string | null;
    readonly sources: readonly string[];
  };
  readonly config: Pick<ResolvedConfig, "batchSize" | "encoder" | "views" | "schedule" | "objective" | "device">;
  readonly steps: number;
  /** What `timing` was measured on. */
  readonly timed: "configuration" | "proposal" | null;
  readonly timing: Timing | null;
  /** Decoding all images, estimated from the sample; null when they are in the cache. */
  readonly decodeSeconds: number | null;
  readonly cacheBytes: number;
  readonly machine: { readonly cores: number; readonly memoryMiB: number };
  /** Why the configuration would not train as it is. */
  readonly problem: string | null;
  readonly proposal: readonly Proposal[];
  /** Where --write put the proposal, or why it could not. */
  readonly written: Written | null;
}

const bytesOf = { uint8: 1, uint16: 2, int16: 2, float32: 4 } as const;

/** Steps of a run on so many images. */
export function stepsOf({ schedule, batchSize }: ReadyConfig, images: number): number {
  const steps = schedule.epochs * Math.floor(images / batchSize);
  return Math.min(steps, schedule.maxSteps ?? steps);
}

/** Puts together what was found and what follows from it. */
export function documentOf(
  survey: Survey,
  config: ReadyConfig,
  rest: Pick<PlanDocument, "proposal" | "timed" | "timing" | "problem" | "written" | "warnings" | "steps">,
): PlanDocument {
  const { listing, store, files, splits, pixels, classes } = survey;
  const notes: string[] = [];
  const resolved = withImages(config, { channels: store.channels, note: (line) => notes.push(line) });
  const { batchSize, encoder, views, schedule, objective, device } = resolved;
  const { dataset } = config;
  const { title = dataset.id, license = "", citation = "" } = dataset.plugin ?? {};
  const images = listing.items.length;
  const domain = domainOf(dataset) ?? { name: "natural", reason: "" };
  const { invalidShare, mostlyInvalid, constant, gray } = pixels;
  const masks = invalidShare > 0 ? 1 : 0;
  return {
    dataset: { id: dataset.id, title, license, citation },
    images,
    files: { count: files.bytes.size, bytes: sum(files.bytes.values()), missing: files.missing.length },
    skipped: listing.skipped,
    facts: survey.facts,
    factsOf: survey.factsOf,
    classes: Object.fromEntries(classes.map(({ name, count }) => [name, count])),
    unlabelled: images - sum(classes.map(({ count }) => count)),
    groups: survey.groups ?? null,
    suspectedGroups: survey.suspected ?? null,
    splits:
      splits === undefined
        ? null
        : { train: splits.train.length, validation: splits.validation.length, test: splits.test.length },
    sample: { images: survey.sampled.length, decoded: store.count },
    failures: store.failures,
    notes: store.notes,
    stored: { size: store.width, channels: store.channels, dtype: store.dtype },
    channelNames: listing.channels ?? null,
    channels: pixels.channels,
    pixels: { invalidShare, mostlyInvalid, constant, gray },
    duplicates: survey.duplicates,
    domain,
    augmentation: augmentationOf(resolved, { asked: config.augment, domain: domain.name, notes }),
    config: { batchSize, encoder, views, schedule, objective, device },
    decodeSeconds: survey.decodeSeconds === undefined ? null : survey.decodeSeconds * images,
    cacheBytes: images * store.width ** 2 * (store.channels * bytesOf[store.dtype] + masks),
    machine: { cores: cpus().length, memoryMiB: Math.round(totalmem() / 2 ** 20) },
    ...rest,
  };
}

/** The policy that a configuration resolves to, with its reasons. */
export function augmentationOf(
  { augment, data }: ResolvedConfig,
  {
    asked,
    domain,
    notes,
  }: { readonly asked: ReadyConfig["augment"]; readonly domain: string; readonly notes: readonly string[] },
): PlanDocument["augmentation"] {
  const { name, title, reasons, never, sources } = policyOf(asked, { channels: data.channels, domain, source: "plan" });
  const operations = operationNames
    .filter((operation) => (augment[operation]?.probability ?? 0) > 0)
    .map((operation) => ({ name: operation, reason: reasons[operation] ?? "asked for" }));
  return { policy: name, title, operations, never, notes, viewsReason: reasons.views ?? null, sources };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
