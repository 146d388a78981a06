// `lejepa plan`: what images there are and what a configuration would train on them, for how long. Trains nothing but a few
// steps that it throws away.
import { domainOf } from "@lejepa/contracts";
import { buildStore } from "@lejepa/data";
import { medianObjectArea } from "@lejepa/eval";
import { listenForInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import { describePlan } from "../plan/describe.ts";
import { documentOf, type PlanDocument, stepsOf } from "../plan/plan-document.ts";
import { type ImageFacts, type Proposal, propose, withProposals } from "../plan/proposal.ts";
import { shortSide } from "../plan/sizes.ts";
import { type Survey, survey } from "../plan/survey.ts";
import { time } from "../plan/timing.ts";
import { warnings } from "../plan/warnings.ts";
import { configToWrite, writeProposal } from "../plan/write-config.ts";
import { createProgress } from "../progress.ts";
import { type ConfigBase, type ConfigFlags, readSettings, type ReadyConfig, resolveConfig } from "../resolve-config.ts";
import { makeFolderOf, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface PlanFlags extends ConfigFlags {
  /** False with --no-time. */
  readonly time: boolean;
  /** Images whose pixels are looked at. */
  readonly sample: number;
  readonly html?: string;
  /** False with --no-pictures. */
  readonly pictures: boolean;
  readonly write?: boolean;
}

/** Looks and says; returns the exit status. */
export async function plan(flags: PlanFlags, output: Output): Promise<number> {
  const said = await readSettings(flags, { note: output.note });
  const config = await resolveConfig({}, { base: said });
  // before the work
  const target = flags.write === true ? configToWrite(flags.config) : undefined;
  const progress = createProgress(output);
  const interrupt = listenForInterrupt(() => progress.message("stopping"));
  const { signal } = interrupt;
  try {
    const found = await survey(config, {
      sample: Math.max(flags.sample, Math.ceil(1.25 * config.batchSize)),
      signal,
      note: progress.message,
      onProgress: (step) => progress.event({ kind: "data", progress: step }),
    });
    progress.close();
    try {
      const proposal = propose(said, config, { facts: factsFor(found, config), fixed: keysOf(flags) });
      const job = { said, config, found, proposal, signal, output };
      const timed = flags.time ? await timeOne(job, target !== undefined) : noTiming(config, found);
      const written = target === undefined ? null : await writeProposal(target, said, proposal);
      const document = documentOf(found, config, { proposal, ...timed, written, warnings: warnings(found, config) });
      if (flags.html !== undefined) await writePage(flags.html, document, flags.pictures ? found.store : undefined);
      if (flags.html !== undefined) output.note(`page written to ${flags.html}`);
      output.result(document, describePlan(document));
      return written !== null && "problem" in written ? 1 : 0;
    } finally {
      found.store.close();
    }
  } finally {
    progress.close();
    interrupt.release();
  }
}

function factsFor({ splits, facts, pixels, listing, store }: Survey, { dataset }: ReadyConfig): ImageFacts {
  const side = shortSide(facts)?.median;
  const objectArea = medianObjectArea(store, Array.from(store.items.keys()));
  return {
    images: splits?.train.length ?? listing.items.length,
    ...(side !== undefined && { side }),
    channels: store.channels,
    gray: pixels.gray,
    domain: domainOf(dataset)?.name ?? "natural",
    ...(store.channelNames && { channelNames: store.channelNames }),
    dtype: store.dtype,
    facts,
    ...(objectArea !== undefined && { objectArea }),
  };
}

function keysOf({ set = [] }: PlanFlags): Set<string> {
  return new Set(set.map((setting) => setting.slice(0, setting.indexOf("=")).trim()));
}

type Timed = Pick<PlanDocument, "timed" | "timing" | "problem" | "steps">;

interface TimeJob {
  readonly said: ConfigBase;
  readonly config: ReadyConfig;
  readonly found: Survey;
  readonly proposal: readonly Proposal[];
  readonly signal: AbortSignal;
  readonly output: Output;
}

function noTiming(config: ReadyConfig, { splits }: Survey): Timed {
  return { timed: null, timing: null, problem: null, steps: stepsOf(config, splits?.train.length ?? 0) };
}

// the configuration as it is; the proposal where that is what will be trained, or the only thing that trains
async function timeOne(job: TimeJob, proposed: boolean): Promise<Timed> {
  const { config, found, proposal, signal, output } = job;
  const images = found.splits?.train.length ?? 0;
  output.note("timing a few steps ...");
  const steps = stepsOf(config, images);
  if (!proposed || proposal.length === 0) {
    const tooFew =
      images < config.batchSize ? `${images} images to train on are fewer than a batch of ${config.batchSize}` : null;
    const first =
      tooFew === null ? await time(config, { store: found.store, steps, signal }) : { timing: null, problem: tooFew };
    if (first.problem === null) return { ...first, timed: "configuration", steps };
    if (proposal.length === 0) return { ...first, timed: null, steps };
    return { ...(await timeProposal(job, images)), problem: first.problem, steps };
  }
  const { timing, problem } = await timeProposal(job, images);
  return { timing, problem, timed: timing && "proposal", steps };
}

async function timeProposal(
  { said, config, found, proposal, signal, output }: TimeJob,
  images: number,
): Promise<Omit<Timed, "steps">> {
  const changed = { ...withProposals(said, proposal), dataset: config.dataset };
  const { imageSize, channels, cacheDir, workers } = changed.data;
  // puts the sample into the cache in its new form
  const listing = { ...found.listing, items: found.sampled };
  const options = { size: imageSize, channels, cacheDir, workers, listing, signal, log: output.note };
  const store = await buildStore(config.dataset, options);
  store.close();
  const { timing, problem } = await time(changed, { store, steps: stepsOf(changed, images), signal });
  return { timed: timing && "proposal", timing, problem };
}

async function writePage(file: string, document: PlanDocument, store: Survey["store"] | undefined): Promise<void> {
  const [{ planPage }, { thumbnails }] = await Promise.all([
    import("../plan/page.ts"),
    import("../plan/thumbnails.ts"),
  ]);
  const pictures = store === undefined ? [] : await thumbnails(store, document.channels);
  makeFolderOf(file);
  writeNew(file, [new TextEncoder().encode(planPage(document, pictures))], { replace: true });
}
