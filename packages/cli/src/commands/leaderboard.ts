// `lejepa leaderboard`: runs against each other without labels. Scores and measures are @lejepa/train's and @lejepa/eval's.
import { basename, resolve } from "node:path";
import { isLejepaError } from "@lejepa/contracts";
import { expectComparable } from "@lejepa/core";
import {
  createLeaderboard,
  formatLeaderboard,
  type LeaderboardRun,
  type LoadedModel,
  loadModel,
  readRunScore,
  type RunScore,
} from "@lejepa/eval";
import { parseCheckpoint } from "../checkpoint-flag.ts";
import type { Output } from "../output.ts";
import { probeAccuracy } from "../probe-accuracy.ts";
import type { ConfigFlags } from "../resolve-config.ts";
import { configOfRun, withRunImages } from "../run-images.ts";
import { modelOnImages } from "../run-model.ts";
import { makeFolderOf, writeNew } from "../tables.ts";

/** Flags of the verb. */
export interface LeaderboardFlags extends ConfigFlags {
  readonly checkpoint: string;
  /** Most images for the measures. */
  readonly images: number;
  readonly scoreOnly?: boolean;
  readonly html?: string;
}

/** Compares the runs. */
export async function leaderboard(folders: readonly string[], flags: LeaderboardFlags, output: Output): Promise<void> {
  const checkpoint = parseCheckpoint(flags.checkpoint);
  const names = distinctNames(folders);
  const scores = folders.map((folder, i) => readRunScore(folder, names[i]));
  // before the work
  expectComparable(scores);
  const runs: LeaderboardRun[] = [];
  for (const score of scores) {
    if (flags.scoreOnly !== true) output.note(`measuring ${score.name} ...`);
    runs.push(flags.scoreOnly === true ? plain(score) : await measured(score, { ...flags, checkpoint }, output));
  }
  const board = createLeaderboard(runs);
  if (flags.html !== undefined) {
    const { leaderboardPage } = await import("@lejepa/report");
    makeFolderOf(flags.html);
    writeNew(flags.html, [new TextEncoder().encode(leaderboardPage(board))], { replace: true });
    output.note(`page written to ${flags.html}`);
  }
  output.result(board, formatLeaderboard(board));
}

// the last part of each path, with as many parts before it as it takes to tell them apart
function distinctNames(folders: readonly string[]): string[] {
  const paths = folders.map((folder) => resolve(folder).split(/[/\\]/));
  const deepest = Math.max(...paths.map(({ length }) => length));
  for (let parts = 1; parts < deepest; parts++) {
    const names = paths.map((path) => path.slice(-parts).join("/"));
    if (new Set(names).size === new Set(paths.map((path) => path.join("/"))).size) return names;
  }
  return folders.map((folder) => basename(folder));
}

// the folder is a path of this machine: it stays out of the document
function plain({
  name,
  trainLoss,
  lambda,
  samples,
  views,
  slices,
  others,
  status,
  steps,
  fingerprint,
}: RunScore): LeaderboardRun {
  return { name, trainLoss, lambda, samples, views, slices, others, status, steps, fingerprint };
}

type MeasureFlags = Omit<LeaderboardFlags, "checkpoint"> & {
  readonly checkpoint: ReturnType<typeof parseCheckpoint>;
};

async function measured(score: RunScore, flags: MeasureFlags, output: Output): Promise<LeaderboardRun> {
  try {
    return await withModel(score, loadModel(score.folder, { checkpoint: flags.checkpoint }), flags, output);
  } catch (error) {
    // the other runs can still be compared
    if (!isLejepaError(error, "E_CHECKPOINT")) throw error;
    const { expected, got } = error;
    const why = expected === undefined ? "the checkpoint cannot be read" : `expected ${expected}, got ${got}`;
    return { ...plain(score), problem: `no measures: ${why}` };
  }
}

async function withModel(
  score: RunScore,
  model: LoadedModel,
  flags: MeasureFlags,
  output: Output,
): Promise<LeaderboardRun> {
  if (model.reason !== undefined) output.note(`${score.name}: ${model.reason}`);
  const config = await configOfRun(score.folder, flags);
  return withRunImages(config, output, async ({ store, engine, signal }) => {
    const found = await modelOnImages(engine, { config, model, store, images: flags.images, signal });
    const { measures, heldOut, splits } = found;
    if (!heldOut) output.note(`${score.name}: nothing was held out, so it is measured on training images`);
    if (!Number.isFinite(measures.sigreg))
      return { ...plain(score), problem: "its features are not finite: it cannot be measured" };
    const accuracy = await probeAccuracy(engine, { model, store, splits, signal });
    if (typeof accuracy === "object") return { ...plain(score), measures, accuracy };
    output.note(`${score.name}: no accuracy, ${accuracy}`);
    return { ...plain(score), measures };
  });
}
