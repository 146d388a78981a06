// Runs against each other without labels, best first by the label-free score; and, where accuracies are known, how well each
// measure ranked them. Plain data in and out: nothing is computed with a model here.
import { compareScores, type RankCorrelation, type ScoredRun, spearman } from "@lejepa/core";
import type { LabelFreeMeasures } from "./measures.ts";

/** What is known of one run. */
export interface LeaderboardRun extends ScoredRun {
  readonly status: string;
  readonly steps: { readonly done: number; readonly total: number; readonly averaged: number };
  readonly fingerprint: string;
  /** Absent when only the score was asked for, or could not be measured (`problem`). */
  readonly measures?: LabelFreeMeasures | undefined;
  readonly problem?: string | undefined;
  /** Balanced accuracies of probes, where there are labels. */
  readonly accuracy?: { readonly linear: number; readonly knn: number } | undefined;
}

/** A run with its score. */
export type LeaderboardEntry = LeaderboardRun & { readonly score: number };

/** How a measure ranked the runs, against the accuracy of the linear probe. */
export interface MeasureAgreement extends RankCorrelation {
  readonly measure: string;
}

/** The whole leaderboard; plain JSON, where what is NaN becomes null. */
export interface Leaderboard {
  /** Lowest score first. */
  readonly entries: readonly LeaderboardEntry[];
  /** Empty without accuracies of 3 runs or more; rho is 1 when the measure orders the runs as the accuracy does. */
  readonly agreement: readonly MeasureAgreement[];
  /** What to know before believing it, a sentence each. */
  readonly notes: readonly string[];
}

// larger is better, as the accuracy
const measures: Readonly<Record<string, (entry: LeaderboardEntry) => number | undefined>> = {
  "label-free score": ({ score }) => -score,
  "training loss": ({ trainLoss }) => -trainLoss,
  RankMe: (entry) => entry.measures?.rankMe,
  LiDAR: (entry) => entry.measures?.lidar,
  "alpha-ReQ": (entry) => negative(entry.measures && Math.abs(entry.measures.alphaReQ - 1)),
  "SIGReg held out": (entry) => negative(entry.measures?.sigreg),
};

const negative = (value: number | undefined): number | undefined => (value === undefined ? undefined : -value);

/**
 * Orders runs by training loss / lambda^0.4 and says how the measures agree with the accuracy of the linear probe.
 *
 * @throws LejepaError E_USAGE that names every setting in which the runs' losses are not comparable
 */
export function createLeaderboard(runs: readonly LeaderboardRun[]): Leaderboard {
  const entries = compareScores(runs);
  return { entries, agreement: agreementOf(entries), notes: notesOn(entries) };
}

function agreementOf(entries: readonly LeaderboardEntry[]): MeasureAgreement[] {
  return Object.entries(measures).flatMap(([measure, goodness]) => {
    const pairs = entries.flatMap((entry) => {
      const [value, accuracy] = [goodness(entry), entry.accuracy?.linear];
      return value === undefined || accuracy === undefined || !Number.isFinite(value)
        ? []
        : [[value, accuracy] as const];
    });
    if (pairs.length < 3) return [];
    return [
      {
        measure,
        ...spearman(
          pairs.map(([value]) => value),
          pairs.map(([, accuracy]) => accuracy),
        ),
      },
    ];
  });
}

function notesOn(entries: readonly LeaderboardEntry[]): string[] {
  const labelled = entries.filter(({ accuracy }) => accuracy !== undefined).length;
  const unfinished = entries.filter(({ status }) => status !== "done").map(({ name }) => name);
  const steps = new Set(entries.map(({ steps: { done } }) => done));
  return [
    ...(labelled === 0 ? ["No labels: the measures cannot be checked against an accuracy here."] : []),
    ...(labelled > 0 && labelled < 3 ? ["A rank correlation takes 3 runs with accuracies or more."] : []),
    ...(unfinished.length > 0 ? [`Not finished: ${unfinished.join(", ")}.`] : []),
    ...(steps.size > 1
      ? ["The runs have done different numbers of steps; the longer ones had more time to lower the loss."]
      : []),
    ...(new Set(entries.map(({ fingerprint }) => fingerprint)).size > 1
      ? ["The stored images differ (size, files or splits): the scores compare runs on the same images only."]
      : []),
  ];
}

/** The leaderboard as text. */
export function formatLeaderboard({ entries, agreement, notes }: Leaderboard): string {
  const rows = [
    ["run", "score", "loss", "lambda", "RankMe", "LiDAR", "alpha", "SIGReg", "linear", "kNN"],
    ...entries.map((entry) => leaderboardCells(entry)),
  ];
  const widths = rows[0]!.map((_, j) => Math.max(...rows.map((row) => row[j]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, j) => (j === 0 ? cell.padEnd(widths[j]!) : cell.padStart(widths[j]!))).join("  ");
  const lines = rows.map(line);
  for (const entry of entries) if (entry.problem !== undefined) lines.push(`${entry.name}: ${entry.problem}`);
  if (agreement.length > 0) lines.push("", "Spearman's rho with the accuracy of the linear probe:");
  return [...lines, ...agreement.map(describeAgreement), ...(notes.length > 0 ? ["", ...notes] : []), ""].join("\n");
}

/** The cells of one entry: name, score, loss, lambda, RankMe, LiDAR, alpha-ReQ, SIGReg, linear, kNN. */
export function leaderboardCells({
  name,
  score,
  trainLoss,
  lambda,
  measures: found,
  accuracy,
}: LeaderboardEntry): string[] {
  const shown = (value: number | undefined, digits: number): string =>
    value !== undefined && Number.isFinite(value) ? value.toFixed(digits) : "";
  const percent = (value: number | undefined): string => (value === undefined ? "" : `${(100 * value).toFixed(1)} %`);
  return [
    name,
    score.toFixed(4),
    trainLoss.toFixed(4),
    String(lambda),
    shown(found?.rankMe, 1),
    shown(found?.lidar, 1),
    shown(found?.alphaReQ, 2),
    shown(found?.sigreg, 2),
    percent(accuracy?.linear),
    percent(accuracy?.knn),
  ];
}

/** One measure's agreement in words. */
export function describeAgreement({ measure, rho, n, pValue, method, interval }: MeasureAgreement): string {
  const range = interval === null ? "" : `, 95 % ${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`;
  const test = method === "permutation" ? "exact permutation" : "t";
  return `${measure}: ${rho.toFixed(3)} (n = ${n}${range}; p = ${pValue.toPrecision(2)}, ${test})`;
}
