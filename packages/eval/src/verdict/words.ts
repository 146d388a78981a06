// The verdict in words. Figures come in; nothing is decided here.
import type { Estimate, MetricName, Outcome, Shots } from "../comparison-schema.ts";

const units: Readonly<Record<MetricName, string>> = {
  accuracy: "points",
  balancedAccuracy: "points",
  macroF1: "points of macro F1",
  auroc: "points of AUROC",
  averagePrecision: "points of average precision",
  r2: "of R2",
  mae: "of absolute error",
};

/** Whether a metric is a share, shown in percent. */
export const isShare = (metric: MetricName): boolean => metric !== "r2" && metric !== "mae";

/** A difference with its unit: `4.1 points` of percent, `4.1 points of AUROC`, `0.041 of R2`. */
export const differenceText = (value: number, metric: MetricName): string =>
  `${digits(value, metric)} ${units[metric]}`;

/** `4.1 points (2.0 to 6.3)`: a difference of fractions and its interval. */
function withInterval({ value, low, high }: Estimate, metric: MetricName): string {
  const [from, to] = [digits(low, metric), digits(high, metric)];
  return `${digits(value, metric)} ${units[metric]} (${from} to ${to})`;
}

const digits = (value: number | null, metric: MetricName): string => {
  if (value === null) return "?";
  const text = isShare(metric) ? (100 * value).toFixed(1) : value.toFixed(3);
  return Number(text) === 0 ? text.replace("-", "") : text;
};

/** What the training rows of a probe are counted in: `10 shots`, `10 labelled images` for numbers. */
const shotsNoun = (metric: MetricName): readonly [one: string, several: string] =>
  isShare(metric) ? ["shot", "shots"] : ["labelled image", "labelled images"];

/**
 * `at 10 shots and above`, `at 1 and 2 shots`, `with all labels`, `at every number of shots`: where some of all the shots are.
 *
 * @param some in the order of `all`, fewest first
 */
export function where(some: readonly Shots[], all: readonly Shots[], metric: MetricName): string {
  const [one, several] = shotsNoun(metric);
  const numbers = some.filter((shots) => shots !== "all");
  const whole = some.includes("all") ? "with all labels" : "";
  if (some.length === all.length && all.length > 1) return `at every number of ${several}`;
  const suffix = some.length > 1 && all.slice(-some.length).every((shots, i) => shots === some[i]);
  if (suffix && numbers.length > 0) return `at ${numbers[0]} ${numbers[0] === 1 ? one : several} and above`;
  const few = numbers.length === 0 ? "" : `at ${list(numbers.map(String))} ${numbers.at(-1) === 1 ? one : several}`;
  return [few, whole].filter((part) => part !== "").join(" and ");
}

/** `a`, `a and b`, `a, b and c`. */
export const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

/** What a sentence on a pair is made of. */
export interface PairFacts {
  /** Who wins when the difference is positive, and who when it is negative: `in-domain`, `transfer`, a name. */
  readonly names: readonly [string, string];
  readonly byShots: readonly { readonly shots: Shots; readonly outcome: Outcome }[];
  readonly wins: Estimate | null;
  /** From the winner's view. */
  readonly loses: Estimate | null;
  readonly margin: number;
  readonly metric: MetricName;
  readonly advice: string;
}

/** `in-domain wins by 4.1 points (2.0 to 6.3) at 10 shots and above; at 1 shot no difference`. */
export function pairSentence({ names, byShots, wins, loses, margin, metric, advice }: PairFacts): string {
  const all = byShots.map(({ shots }) => shots);
  const at = (outcome: Outcome): Shots[] => byShots.filter((one) => one.outcome === outcome).map(({ shots }) => shots);
  const parts: string[] = [];
  const add = (outcome: Outcome, words: (place: string) => string): void => {
    const some = at(outcome);
    if (some.length > 0) parts.push(words(where(some, all, metric)));
  };
  add("wins", (place) => `${names[0]} wins by ${withInterval(wins as Estimate, metric)} ${place}`);
  add("loses", (place) => `${names[1]} wins by ${withInterval(loses as Estimate, metric)} ${place}`);
  const decided = parts.length > 0;
  add("same", (place) =>
    decided ? `${place} no difference` : `no difference (less than ${differenceText(margin, metric)}) ${place}`,
  );
  add(
    "undecided",
    (place) => `${parts.length > 0 ? `${place} ` : ""}cannot tell, ${advice}${parts.length > 0 ? "" : ` (${place})`}`,
  );
  return parts.join("; ");
}
