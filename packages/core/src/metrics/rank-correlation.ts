/**
 * Spearman's rank correlation with its significance, for the few runs that a leaderboard has. Not for samples that depend on
 * each other.
 */
import { LejepaError } from "@lejepa/contracts";
import jStat from "jstat";

/** How two measures rank the same things. */
export interface RankCorrelation {
  /** Spearman's rho; NaN when one of them is constant. */
  readonly rho: number;
  readonly n: number;
  /** Two-sided, against no association. */
  readonly pValue: number;
  /** All n! orders up to n = 9; beyond, Student's t with n - 2 degrees of freedom. */
  readonly method: "permutation" | "t";
  /** 95 % interval (Bonett & Wright 2000): tanh(atanh rho +- 1.96 sqrt((1 + rho^2 / 2) / (n - 3))); null below n = 5 and at 1. */
  readonly interval: readonly [low: number, high: number] | null;
}

const mostPermuted = 9;

/**
 * Spearman's rho of pairs (a_i, b_i): the correlation of their ranks, equal values sharing the mean rank.
 *
 *     spearman([1, 2, 3, 4], [1, 3, 2, 4]).rho; // 0.8
 *
 * @throws LejepaError E_USAGE for lists of different length, fewer than 3 pairs, or values that are not finite
 */
export function spearman(a: readonly number[], b: readonly number[]): RankCorrelation {
  const n = a.length;
  if (n !== b.length || n < 3) throw usage("two lists of 3 or more values", `${n} and ${b.length}`);
  if (![...a, ...b].every(Number.isFinite)) throw usage("finite values", "others");
  const [x, y] = [centred(ranks(a)), centred(ranks(b))];
  const scale = Math.sqrt(dot(x, x) * dot(y, y));
  const rho = scale === 0 ? Number.NaN : rounded(dot(x, y) / scale);
  const method = n <= mostPermuted ? "permutation" : "t";
  const pValue = scale === 0 ? Number.NaN : method === "permutation" ? exactP(x, y) : studentP(rho, n);
  return { rho, n, pValue, method, interval: n < 5 || scale === 0 || Math.abs(rho) === 1 ? null : interval(rho, n) };
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);

// a perfect order is exactly 1
const rounded = (rho: number): number => (1 - Math.abs(rho) < 1e-12 ? Math.sign(rho) : rho);

/** Share of the orders of y whose correlation with x is as large, by Heap's algorithm. */
function exactP(x: readonly number[], y: readonly number[]): number {
  const order = [...y];
  const counters = x.map(() => 0);
  const limit = Math.abs(dot(x, y)) - 1e-9;
  let count = 1;
  let extreme = 1; // the order as it is
  for (let i = 1; i < x.length; ) {
    if (counters[i]! >= i) {
      counters[i] = 0;
      i++;
      continue;
    }
    const other = i % 2 === 0 ? 0 : counters[i]!;
    [order[other], order[i]] = [order[i]!, order[other]!];
    count++;
    if (Math.abs(dot(x, order)) >= limit) extreme++;
    counters[i]!++;
    i = 1;
  }
  return extreme / count;
}

function studentP(rho: number, n: number): number {
  const t = Math.abs(rho) * Math.sqrt((n - 2) / (1 - rho ** 2));
  return t === Number.POSITIVE_INFINITY ? 0 : 2 * (1 - jStat.studentt.cdf(t, n - 2));
}

function interval(rho: number, n: number): readonly [number, number] {
  const width = 1.959964 * Math.sqrt((1 + rho ** 2 / 2) / (n - 3));
  const z = Math.atanh(rho);
  return [Math.tanh(z - width), Math.tanh(z + width)];
}

const usage = (expected: string, got: string): LejepaError =>
  new LejepaError({ code: "E_USAGE", where: "spearman", expected, got });
