// Rules of thumb for `lejepa plan`: which settings to change so that they suit the images. Rough on purpose; nothing is changed
// without the user. Sources: the paper's tables (arXiv:2511.08544), and what each domain's images mean.
import { applySettings, type Config, isLejepaError, parseConfig } from "@lejepa/contracts";
import type { FactCount } from "@lejepa/data";
import type { ConfigBase } from "../resolve-config.ts";
import { domainRules } from "./domain-proposals.ts";

/** A change worth considering. */
export interface Proposal {
  readonly key: string;
  readonly value: unknown;
  /** What the configuration says now. */
  readonly now: unknown;
  /** For --set. */
  readonly setting: string;
  readonly reason: string;
}

/** What is known of the images. */
export interface ImageFacts {
  /** Images to train on. */
  readonly images: number;
  /** Median of the shorter side of the files' images, pixels; absent when the dataset does not say. */
  readonly side?: number;
  /** Channels of the decoded images. */
  readonly channels: number;
  /** All sampled images are gray, stored as colour. */
  readonly gray: boolean;
  /** Name of the augmentation policy that the dataset proposes. */
  readonly domain: string;
  /** Names of the channels, where the dataset has them; type of the stored values. */
  readonly channelNames?: readonly string[];
  readonly dtype?: string;
  /** What headers say. */
  readonly facts?: readonly FactCount[];
  /** Share of the image's area that its object covers, where most images show one on a plain background. */
  readonly objectArea?: number;
}

/** A rule's word. `always`: also where the user chose the present value, because training would not work or teach little. */
export interface Rule {
  readonly key: string;
  readonly value: unknown;
  readonly reason: string;
  readonly always?: boolean;
}

const fewSteps = 1000;
const largestForFewImages: readonly string[] = ["vit_nano", "vit_tiny", "resnet10", "resnet18"];

/**
 * What to change for these images. Settings of this very call (`fixed`: their keys) are left alone unless they cannot work.
 * Together with what the user said the proposals make a valid configuration; those that do not are dropped.
 *
 * @param said what the user said, before defaults
 * @param config the same, complete
 */
export function propose(
  said: ConfigBase,
  config: Config,
  { facts, fixed }: { readonly facts: ImageFacts; readonly fixed: ReadonlySet<string> },
): Proposal[] {
  const rules = [...viewRules(config, facts), ...domainRules(facts, config), ...trainingRules(config, facts)];
  const proposals: Proposal[] = [];
  for (const { key, value, reason, always = false } of rules) {
    const now = valueAt(config, key);
    if (JSON.stringify(now) === JSON.stringify(value) || (fixed.has(key) && !always)) continue;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const proposal = { key, value, now, setting: `${key}=${text}`, reason };
    if (isValid(said, [...proposals, proposal])) proposals.push(proposal);
  }
  return proposals;
}

/** The configuration that the user's words and the proposals make. */
export function withProposals({ value, source }: ConfigBase, proposals: readonly Proposal[]): Config {
  return parseConfig(
    applySettings(
      value,
      proposals.map(({ setting }) => setting),
    ),
    source,
  );
}

function isValid(said: ConfigBase, proposals: readonly Proposal[]): boolean {
  try {
    withProposals(said, proposals);
    return true;
  } catch (error) {
    if (isLejepaError(error)) return false;
    throw error;
  }
}

function viewRules({ data, views, encoder }: Config, { side, gray }: ImageFacts): Rule[] {
  const rules: Rule[] = [];
  if (gray)
    rules.push({
      key: "data.channels",
      value: 1,
      reason: "the images are gray: two thirds of the work is for nothing",
    });
  if (side === undefined) return rules;
  const patch = encoder.name.startsWith("vit") ? encoder.patchSize : 8;
  const global = Math.max(2 * patch, Math.min(64, Math.floor(side / patch) * patch));
  const stored = Math.max(global, Math.min(96, Math.floor(side / 8) * 8));
  if (global < views.globalSize)
    rules.push({
      key: "views.globalSize",
      value: global,
      reason: `the images have ${side} pixels: larger views are only blurred`,
    });
  if (stored < data.imageSize)
    rules.push({ key: "data.imageSize", value: stored, reason: `most images are no larger than ${side} pixels` });
  else if (stored > data.imageSize && stored > views.globalSize)
    rules.push({
      key: "data.imageSize",
      value: stored,
      reason: `room for crops of ${views.globalSize} pixels without enlarging them`,
    });
  if (global <= 32 && views.locals > 2)
    rules.push({ key: "views.locals", value: 2, reason: "crops of so small images show little" });
  return rules;
}

const leastBatch = 16;

// lambda by the number of views: the paper's Table 7
const lambdaByViews = [
  { views: 2, lambda: 0.01 },
  { views: 4, lambda: 0.02 },
] as const;

function trainingRules({ batchSize, schedule, encoder, views }: Config, { images }: ImageFacts): Rule[] {
  const rules: Rule[] = [];
  const count = views.globals + views.locals;
  const lambda = lambdaByViews.find((row) => count <= row.views)?.lambda ?? 0.05;
  rules.push({ key: "objective.lambda", value: lambda, reason: `the paper's best for about ${count} views` });
  const batch = Math.min(batchSize, batchFor(images));
  const batches = Math.floor(images / batchSize);
  if (batches < 4 && batch < batchSize)
    rules.push({
      key: "batchSize",
      value: batch,
      reason: `${images} images are ${batches} batches of ${batchSize}`,
      always: true,
    });
  const perEpoch = Math.max(1, Math.floor(images / (batches < 4 ? batch : batchSize)));
  const epochs = Math.ceil(fewSteps / perEpoch);
  if (epochs > schedule.epochs && schedule.maxSteps === null)
    rules.push({
      key: "schedule.epochs",
      value: epochs,
      reason: `fewer than ${fewSteps} steps rarely teach much`,
      always: true,
    });
  if (images < 20_000 && !largestForFewImages.includes(encoder.name))
    rules.push({ key: "encoder.name", value: "vit_tiny", reason: `a large encoder for ${images} images` });
  return rules;
}

// SIGReg compares the batch with a Gaussian, for which a handful of samples says nothing; beyond that, an eighth of the images a
// step still leaves 8 steps an epoch
function batchFor(images: number): number {
  const powerOfTwo = (n: number): number => 2 ** Math.floor(Math.log2(Math.max(2, n)));
  return Math.max(powerOfTwo(images / 8), Math.min(leastBatch, powerOfTwo(images)));
}

function valueAt(config: Config, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], config);
}
