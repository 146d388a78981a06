// Which training rows a few-shot run learns from: the same for every encoder, nested (5 shots are among the 10), spread over
// groups. Not the splits, which come in.
import { stream } from "@lejepa/contracts";
import type { Shots } from "../comparison-schema.ts";
import type { Part } from "../targets.ts";

/** Training rows of one run, by position in the training split. */
export interface Draw {
  readonly shots: Shots;
  readonly run: number;
  /** Ascending. */
  readonly positions: Uint32Array;
}

/** Shots that cannot be drawn. */
export interface LeftOut {
  readonly shots: Shots;
  readonly reason: string;
}

/** Options of {@link drawShots}. */
export interface DrawOptions {
  readonly shots: readonly Shots[];
  readonly runs: number;
  readonly seed: number;
  readonly classes: readonly string[];
}

/**
 * Draws `shots` rows of each class, for each run anew.
 *
 * In each class the rows stand in a random order in which the first rows of all its groups come before the second ones: `k`
 * shots are of `k` different patients or scenes as long as the class has as many. A row is drawn for `k` shots when it is
 * among the first `k` of its class, so draws are nested. With several labels a row is drawn when it is among the first `k`
 * of any label it has (a label that occurs with others has more than `k`); rows without any label are a class too. For
 * regression, `k` rows in all. Shots of which some class has too few rows are left out, and `all` is every row, once.
 */
export function drawShots(train: Part, options: DrawOptions): { readonly draws: Draw[]; readonly leftOut: LeftOut[] } {
  const memberships = membershipsOf(train, options.classes);
  const leftOut: LeftOut[] = [];
  const possible = uniqueShots(options.shots).filter((shots) => {
    const reason = shots === "all" ? undefined : tooFew(shots, memberships, train);
    if (reason !== undefined) leftOut.push({ shots, reason });
    return reason === undefined;
  });
  const all = Uint32Array.from({ length: train.rows.length }, (_, i) => i);
  const draws = Array.from({ length: options.runs }, (_, run) => {
    const first = firstRank(train, memberships, stream(options.seed, "shots", run).permutation(train.rows.length));
    return possible.map((shots) => ({
      shots,
      run,
      positions: shots === "all" ? all : all.filter((i) => (first[i] as number) < shots),
    }));
  });
  return { draws: draws.flat(), leftOut };
}

/** Fewest first, `all` last, each once. */
export function uniqueShots(shots: readonly Shots[]): Shots[] {
  const size = (s: Shots): number => (s === "all" ? Number.POSITIVE_INFINITY : s);
  return [...new Set(shots)].sort((a, b) => (size(a) === size(b) ? 0 : size(a) - size(b)));
}

interface Membership {
  readonly name: string;
  /** Positions of its rows. */
  readonly positions: readonly number[];
}

function membershipsOf({ truth, rows }: Part, classes: readonly string[]): Membership[] {
  const positions = Array.from(rows, (_, i) => i);
  if (truth.task === "regression") return [{ name: "the training split", positions }];
  const { data, columns } = truth.values;
  const has = (i: number, j: number): boolean => data[i * columns + j] === 1;
  const members = classes.map((name, j) => ({ name, positions: positions.filter((i) => has(i, j)) }));
  const none = positions.filter((i) => classes.every((_, j) => !has(i, j)));
  return [...members, { name: "no label", positions: none }].filter((member) => member.positions.length > 0);
}

function tooFew(shots: number, memberships: readonly Membership[], { truth }: Part): string | undefined {
  if (truth.task === "regression" && shots < 5) return "a regression needs 5 rows";
  const short = memberships
    .filter(({ positions }) => positions.length < shots)
    .sort((a, b) => a.positions.length - b.positions.length);
  const [least] = short;
  if (least === undefined) return undefined;
  const others = short.length > 1 ? ` (and ${short.length - 1} more with too few)` : "";
  return `${least.name} has ${least.positions.length} training ${least.positions.length === 1 ? "row" : "rows"}${others}`;
}

// of each row the best rank in the order of any class it belongs to
function firstRank(train: Part, memberships: readonly Membership[], order: Uint32Array): Float64Array {
  const place = new Uint32Array(order.length);
  for (const [at, i] of order.entries()) place[i] = at;
  const best = new Float64Array(order.length).fill(Number.POSITIVE_INFINITY);
  for (const { positions } of memberships) {
    for (const [rank, i] of spread(positions, train.groups, place).entries())
      best[i] = Math.min(best[i] as number, rank);
  }
  return best;
}

// in the order of `place`, but a group's second row only after the first rows of all groups
function spread(positions: readonly number[], groups: Int32Array, place: Uint32Array): number[] {
  const shuffled = positions.toSorted((a, b) => (place[a] as number) - (place[b] as number));
  const seen = new Map<number, number>();
  const turn = new Map<number, number>();
  for (const i of shuffled) {
    const group = groups[i] as number;
    const count = seen.get(group) ?? 0;
    turn.set(i, count);
    seen.set(group, count + 1);
  }
  // stable: within a turn the shuffled order stays
  return shuffled.sort((a, b) => (turn.get(a) as number) - (turn.get(b) as number));
}
