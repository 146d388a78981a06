// The answer to "pretrain on my own images, or take a pretrained encoder?": for each pair of encoders over all shots, and
// over all. The decision rule is in `differences.ts`, the words are in `words.ts`.
import type { Comparison, EncoderKind, Estimate, MetricName, Outcome, Shots } from "../comparison-schema.ts";
import { interval } from "../statistics/estimate.ts";
import { type Difference, distributeMean, type Need, needOf, outcomeOf, overShots } from "./differences.ts";
import { pairSentence } from "./words.ts";

type Verdict = Comparison["verdict"];
type PairVerdict = Verdict["pairs"][number];

/** A pair with its differences by the probe and metric of the verdict. */
export interface PairInput {
  readonly encoder: string;
  readonly encoderKind: EncoderKind;
  readonly baseline: string;
  readonly baselineKind: EncoderKind;
  /** Fewest shots first. */
  readonly differences: readonly Difference[];
}

/** Options of {@link decide}. */
export interface VerdictOptions {
  readonly margin: number;
  /** What the differences are of. */
  readonly metric: MetricName;
  /** Whether the test rows have groups; else images are counted. */
  readonly grouped: boolean;
}

/**
 * Judges all pairs. A pair wins (loses) when it does so at some shots and loses (wins) at none; `mixed` when both occur; without
 * either it is `same` only if it is so at all shots. The verdict over all pairs is that of the baselines of kind `transfer`
 * if there are any: wins only if every one is beaten, loses if one is not reached.
 */
export function decide(pairs: readonly PairInput[], options: VerdictOptions): Verdict {
  const judged = pairs.map((pair) => judge(pair, { ...options, pairs: pairs.length }));
  const transfer = judged.filter(({ baselineKind }) => baselineKind === "transfer");
  const about = transfer.length > 0 ? transfer : judged;
  if (about.length === 0) return { outcome: "none", sentence: "nothing to compare with", pairs: [] };
  const sentence =
    about.length === 1
      ? (about[0] as PairVerdict).sentence
      : about.map((pair) => `Against ${pair.baseline}: ${pair.sentence}`).join(". ");
  return { outcome: overall(about.map((pair) => pair.outcome)), sentence, pairs: judged };
}

function overall(outcomes: readonly PairVerdict["outcome"][]): PairVerdict["outcome"] {
  const [first] = outcomes as readonly [PairVerdict["outcome"]];
  if (outcomes.every((outcome) => outcome === first)) return first;
  if (outcomes.includes("loses")) return outcomes.includes("wins") || outcomes.includes("mixed") ? "mixed" : "loses";
  return outcomes.includes("mixed") ? "mixed" : "undecided";
}

type JudgeOptions = VerdictOptions & { readonly pairs: number };

function judge(pair: PairInput, options: JudgeOptions): PairVerdict {
  const { margin, metric } = options;
  const outcomes = overShots(pair.differences).map((one) => ({ ...one, outcome: outcomeOf(one, margin) }));
  const at = (outcome: Outcome): Difference[] => outcomes.filter((one) => one.outcome === outcome);
  const [wins, loses, undecided] = [rangeOf(at("wins")), rangeOf(at("loses")), at("undecided")];
  const byShots = outcomes.map(({ shots, outcome, p }) => ({ shots, outcome, p }));
  const tests = options.pairs * (outcomes.length > 1 ? 2 : 1);
  const need = leastNeed(undecided.map((difference) => needOf(difference, margin, tests)));
  const facts = { byShots, wins, loses: loses && reversed(loses), margin, metric };
  return {
    encoder: pair.encoder,
    baseline: pair.baseline,
    baselineKind: pair.baselineKind,
    outcome: pairOutcome(byShots.map(({ outcome }) => outcome)),
    byShots,
    wins,
    loses,
    moreGroups: need?.groups ?? null,
    sentence: pairSentence({ names: namesOf(pair), ...facts, advice: adviceOn(need, options) }),
  };
}

function pairOutcome(outcomes: readonly Outcome[]): PairVerdict["outcome"] {
  const [wins, loses] = [outcomes.includes("wins"), outcomes.includes("loses")];
  if (wins || loses) return wins && loses ? "mixed" : wins ? "wins" : "loses";
  return outcomes.every((outcome) => outcome === "same") ? "same" : "undecided";
}

function namesOf({ encoder, encoderKind, baseline, baselineKind }: PairInput): readonly [string, string] {
  return encoderKind === "own" && baselineKind === "transfer" ? ["in-domain", "transfer"] : [encoder, baseline];
}

function rangeOf(differences: readonly Difference[]): PairVerdict["wins"] {
  if (differences.length === 0) return null;
  const distribution = distributeMean(differences.map(({ sample }) => sample));
  const shots: Shots[] = differences.map((difference) => difference.shots);
  return { shots, value: distribution.value, ...interval(distribution) };
}

const reversed = ({ value, low, high }: Estimate): Estimate => ({
  value: negated(value),
  low: negated(high),
  high: negated(low),
});
const negated = (value: number | null): number | null => value && -value;

// where least is missing; what lacks nothing by itself only waits for the others (`overShots`)
function leastNeed(needs: readonly Need[]): Need | undefined {
  const size = ({ groups, runs }: Need): number => groups ?? 1e9 + runs;
  const open = needs.filter(({ groups }) => groups !== 0).sort((a, b) => size(a) - size(b));
  return open[0] ?? needs[0];
}

function adviceOn(need: Need | undefined, { grouped }: VerdictOptions): string {
  if (need === undefined) return "";
  if (need.groups === null) return `the runs differ too much: you need about ${more(need.runs, "seed")}`;
  return `you need about ${more(Math.max(1, need.groups), grouped ? "labelled group" : "labelled image")} to test on`;
}

function more(count: number, noun: string): string {
  const about = rounded(count);
  return `${about} more ${noun}${about === 1 ? "" : "s"}`;
}

// two digits: it is a guess
function rounded(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.ceil(count / unit) * unit;
}
