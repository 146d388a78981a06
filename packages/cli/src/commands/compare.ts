// `lejepa compare`: encoders of runs and baselines through the probes of @lejepa/eval. No probes here.
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type DatasetItem, parseConfig } from "@lejepa/contracts";
import { type ImageStore, type Splits, splitItems } from "@lejepa/data";
import {
  type Candidate,
  type Comparison,
  comparisonCsv,
  compareEncoders,
  formatComparison,
  type LoadedEncoder,
  loadEncoder,
  type OpenContext,
  openEncoder,
  parseChannelPolicy,
  parseReference,
  readRunConfig,
  readRunInfo,
  readTargets,
  runFiles,
  type Targets,
} from "@lejepa/eval";
import { parseCheckpoint, runOfCheckpoint } from "../checkpoint-flag.ts";
import { compareSettings, type ProbeFlags, type TargetFlags, type TargetTable, targetTable } from "../compare-flags.ts";
import type { FineTunerOptions } from "../fine-tuner.ts";
import type { Output } from "../output.ts";
import type { ConfigFlags, ReadyConfig } from "../resolve-config.ts";
import { configOfRun, type OpenImages, withRunImages } from "../run-images.ts";
import { energyText, parseWatts } from "../run-energy.ts";
import { makeFolder, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface CompareFlags extends ConfigFlags, ProbeFlags, TargetFlags {
  readonly run: readonly string[];
  readonly baseline?: readonly string[];
  readonly channels?: string;
  readonly checkpoint: string;
  readonly out?: string;
  readonly watts?: string;
  readonly pictures: boolean;
}

const usualBaselines = ["random", "pixels"];

interface OpenedRun {
  readonly folder: string;
  readonly name: string;
  readonly loaded: LoadedEncoder;
}

/** Compares the runs with the baselines, on the images of the first run. */
export async function compare(flags: CompareFlags, output: Output): Promise<void> {
  const baselines = flags.baseline ?? usualBaselines;
  for (const baseline of baselines) parseReference(baseline, "--baseline");
  const channels = flags.channels === undefined ? undefined : parseChannelPolicy(flags.channels);
  const settings = compareSettings(flags);
  const table = targetTable(flags);
  const watts = flags.watts === undefined ? undefined : parseWatts(flags.watts);
  const checkpoint = parseCheckpoint(flags.checkpoint);
  const runs = flags.run.map((folder) => ({
    folder,
    name: basename(resolve(folder)),
    loaded: loadEncoder(folder, { checkpoint }),
  }));
  for (const { name, loaded } of runs) if (loaded.reason !== undefined) output.note(`${name}: ${loaded.reason}`);
  const config = await configOfRun(runOfCheckpoint((runs[0] as OpenedRun).folder), flags);
  await withRunImages(config, output, async (open) => {
    const { store, engine, signal } = open;
    const candidates: Candidate[] = [];
    try {
      const { targets, about } = table ? await readTargetsOf(store, table, output) : {};
      const splits = splitsToProbe(store, config, output);
      await openAll(candidates, { flags, runs, baselines, channels, watts, config, open, splits });
      const tuned = settings.probes?.includes("finetune")
        ? await withTuning(candidates, { engine, store, config, signal, note: output.note })
        : candidates;
      const comparison = await compareEncoders(engine, {
        store,
        splits,
        candidates: tuned,
        targets,
        ...settings,
        seed: config.seed,
        context: { ...contextOf(runs, engine.device), ...(about !== undefined && { targets: about }) },
        signal,
        onProgress: (what) => output.note(`probing ${what}`),
      });
      const text = formatComparison(comparison);
      if (flags.out !== undefined) {
        output.note("writing the report ...");
        const { comparisonReport } = await import("../comparison-report.ts");
        const material = { comparison, candidates, store, targets, splits, config, pictures: flags.pictures, signal };
        const page = await comparisonReport(engine, material);
        const document = `${JSON.stringify(comparison, null, 2)}\n`;
        save(flags.out, { json: document, csv: comparisonCsv(comparison), txt: text, html: page });
      }
      output.result(comparison, text);
    } finally {
      await Promise.all(candidates.flatMap(({ encoders }) => encoders.map((encoder) => encoder.dispose())));
    }
  });
}

interface ReadTargets {
  readonly targets?: Targets;
  /** For the report. */
  readonly about?: string;
}

async function readTargetsOf(store: ImageStore, { file, ...how }: TargetTable, output: Output): Promise<ReadTargets> {
  const { targets, notes } = await readTargets(file, { items: store.items, ...how });
  for (const note of notes) output.note(note);
  if (how.task === undefined) output.note(`${targets.task}: ${targets.classes.join(", ")} (--task for another)`);
  const columns = `${targets.classes.join(", ")} of ${basename(file)}`;
  return { targets, about: [columns, targets.task, ...notes].join("; ") };
}

interface OpenAll {
  readonly flags: CompareFlags;
  readonly runs: readonly OpenedRun[];
  readonly baselines: readonly string[];
  readonly channels: OpenContext["channels"];
  readonly watts: number | undefined;
  readonly config: ReadyConfig;
  readonly open: OpenImages;
  readonly splits: Splits;
}

// one by one into `candidates`, so that those opened before a failure can be freed
async function openAll(
  candidates: Candidate[],
  { flags, runs, baselines, channels, watts, config, open, splits }: OpenAll,
): Promise<void> {
  const { store, engine } = open;
  const images = { store, train: splits.train };
  const threads = config.threads ?? undefined;
  const context: OpenContext = { engine, images, cacheDir: config.data.cacheDir, channels, threads };
  for (const run of runs) candidates.push(await trained(run, context, watts));
  for (const baseline of baselines) {
    const wanted = { runs, context, seeds: flags.seeds, seed: config.seed };
    candidates.push(...(baseline === "random" ? await untrained(wanted) : [await other(baseline, context)]));
  }
}

async function withTuning(candidates: readonly Candidate[], options: FineTunerOptions): Promise<Candidate[]> {
  const { fineTunerOf } = await import("../fine-tuner.ts");
  return candidates.map((candidate) => {
    const fineTune = fineTunerOf(candidate.encoders, options);
    if (fineTune === undefined) options.note(`${candidate.name} is not fine-tuned: its weights are not ours to train`);
    return { ...candidate, fineTune };
  });
}

// what a reader needs to do it again; folders as they were given, so that no home directory gets into a report
function contextOf(runs: readonly OpenedRun[], device: string): Comparison["context"] {
  return {
    command: ["lejepa", ...process.argv.slice(2)].join(" "),
    checkpoints: runs.map(({ name, folder, loaded: { step } }) => ({ name, run: folder, step })),
    device,
    node: process.version,
    date: new Date().toISOString(),
  };
}

async function trained({ folder, name, loaded }: OpenedRun, context: OpenContext, watts?: number): Promise<Candidate> {
  return {
    name,
    encoders: [await openEncoder(`run:${loaded.path}`, context)],
    facts: costOf(runOfCheckpoint(folder), loaded, watts),
  };
}

// what the encoder cost, as far as its run folder says
function costOf(folder: string, { step, encoder }: LoadedEncoder, watts?: number): NonNullable<Candidate["facts"]> {
  const sizes = encoder.params.map(({ shape }) => shape.reduce((size, axis) => size * axis, 1));
  const parameters = sizes.reduce((sum, size) => sum + size, 0);
  // a checkpoint alone has no run around it
  if (!existsSync(join(folder, runFiles.info))) return { parameters };
  const info = readRunInfo(folder);
  const { seconds, steps, device } = info;
  const { batchSize } = parseConfig(readRunConfig(folder), folder);
  return {
    parameters,
    imagesSeen: step * batchSize,
    trainSeconds: Math.round((seconds * step) / Math.max(1, steps.done)),
    trainedOn: device,
    energy: energyText({ info, step, watts }),
  };
}

async function other(reference: string, context: OpenContext): Promise<Candidate> {
  const encoder = await openEncoder(reference, context);
  return { name: encoder.name, encoders: [encoder] };
}

interface Untrained {
  readonly runs: readonly OpenedRun[];
  readonly context: OpenContext;
  readonly seeds: number;
  readonly seed: number;
}

// of each architecture once
async function untrained({ runs, context, seeds, seed }: Untrained): Promise<Candidate[]> {
  const kinds = new Map(runs.map(({ loaded }) => [JSON.stringify([loaded.spec, loaded.image]), loaded]));
  const candidates: Candidate[] = [];
  for (const like of kinds.values()) {
    const numbers = Array.from({ length: seeds }, (_, i) => seed + i);
    const encoders = await Promise.all(numbers.map((one) => openEncoder("random", { ...context, like, seed: one })));
    candidates.push({ name: kinds.size === 1 ? "random init" : `random init, ${like.encoder.name}`, encoders });
  }
  return candidates;
}

// What was held out from training is measured on. Without a test split that is the validation split; the probes then choose
// their regularisation on a tenth of the training images.
function splitsToProbe(store: ImageStore, config: ReadyConfig, output: Output): Splits {
  const splits = splitItems(store.items, config.data.splits);
  if (splits.test.length > 0) return splits;
  output.note("no test split (data.splits.test is 0): measured on the validation images");
  const items = Array.from(splits.train, (row) => store.items[row] as DatasetItem);
  const inner = splitItems(items, { validation: 0.1, test: 0, stratify: true, seed: config.data.splits.seed });
  const rows = (some: Uint32Array): Uint32Array => some.map((i) => splits.train[i] as number);
  return { train: rows(inner.train), validation: rows(inner.validation), test: splits.validation };
}

function save(folder: string, texts: Readonly<Record<string, string>>): void {
  makeFolder(folder);
  for (const [ending, text] of Object.entries(texts))
    writeNew(join(folder, `comparison.${ending}`), [new TextEncoder().encode(text)], { replace: true });
}
