// The verdict in words. Figures come in; nothing is decided here.
import type { Estimate, Outcome, Shots } from "../comparison-schema.ts";

/** `4.1 points (2.0 to 6.3)`: a difference of fractions and its interval. */
function points({ value, low, high }: Estimate): string {
  return `${hundredths(value)} points (${hundredths(low)} to ${hundredths(high)})`;
}

const hundredths = (value: number | null): string => {
  const text = value === null ? "?" : (100 * value).toFixed(1);
  return text === "-0.0" ? "0.0" : text;
};

/**
 * `at 10 shots and above`, `at 1 and 2 shots`, `with all labels`, `at every number of shots`: where some of all the shots are.
 *
 * @param some in the order of `all`, fewest first
 */
export function where(some: readonly Shots[], all: readonly Shots[]): string {
  const numbers = some.filter((shots) => shots !== "all");
  const whole = some.includes("all") ? "with all labels" : "";
  if (some.length === all.length && all.length > 1) return "at every number of shots";
  const suffix = some.length > 1 && all.slice(-some.length).every((shots, i) => shots === some[i]);
  if (suffix && numbers.length > 0) return `at ${count(numbers[0] as number)} and above`;
  const few = numbers.length === 0 ? "" : `at ${list(numbers.map(String))} ${numbers.at(-1) === 1 ? "shot" : "shots"}`;
  return [few, whole].filter((part) => part !== "").join(" and ");
}

const count = (shots: number): string => `${shots} ${shots === 1 ? "shot" : "shots"}`;

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
  readonly advice: string;
}

/** `in-domain wins by 4.1 points (2.0 to 6.3) at 10 shots and above; at 1 shot no difference`. */
export function pairSentence({ names, byShots, wins, loses, margin, advice }: PairFacts): string {
  const all = byShots.map(({ shots }) => shots);
  const at = (outcome: Outcome): Shots[] => byShots.filter((one) => one.outcome === outcome).map(({ shots }) => shots);
  const parts: string[] = [];
  const add = (outcome: Outcome, words: (place: string) => string): void => {
    const some = at(outcome);
    if (some.length > 0) parts.push(words(where(some, all)));
  };
  add("wins", (place) => `${names[0]} wins by ${points(wins as Estimate)} ${place}`);
  add("loses", (place) => `${names[1]} wins by ${points(loses as Estimate)} ${place}`);
  const decided = parts.length > 0;
  add("same", (place) =>
    decided ? `${place} no difference` : `no difference (less than ${hundredths(margin)} points) ${place}`,
  );
  add(
    "undecided",
    (place) => `${parts.length > 0 ? `${place} ` : ""}cannot tell, ${advice}${parts.length > 0 ? "" : ` (${place})`}`,
  );
  return parts.join("; ");
}
