// The verdict's rule and its words.
import { expect, test } from "vitest";
import type { EncoderKind, MetricName, Shots } from "../comparison-schema.ts";
import { distribute, type Sample } from "../statistics/estimate.ts";
import { type Difference, meanSample, needOf, overShots, pairedSample } from "./differences.ts";
import { decide, type PairInput } from "./verdict.ts";
import { differenceText, list, where } from "./words.ts";

const groups = 200;

// resamples spread evenly by `spread` on either side of the value
const sampleOf = (value: number, spread: number, runs: readonly number[] = [value]): Sample => ({
  runs,
  groups,
  resamples: runs.map((run) => Float64Array.from({ length: 999 }, (_, b) => run + spread * ((2 * b) / 998 - 1))),
});

function difference(shots: Shots, value: number, spread: number, holm: number): Difference {
  const sample = sampleOf(value, spread);
  return { shots, sample, distribution: distribute(sample), holm };
}

const pair = (
  differences: readonly Difference[],
  baselineKind: EncoderKind = "transfer",
  baseline = "dino",
): PairInput => ({
  encoder: "LeJEPA",
  encoderKind: "own",
  baseline,
  baselineKind,
  differences,
});

const options = { margin: 0.02, metric: "balancedAccuracy", grouped: true } as const;

test("wins at 10 shots and above, no difference below", () => {
  const { pairs, sentence, outcome } = decide(
    [pair([difference(1, 0.001, 0.01, 0.9), difference(10, 0.04, 0.02, 0.001), difference("all", 0.05, 0.02, 0.001)])],
    options,
  );
  expect(sentence).toBe("in-domain wins by 4.5 points (2.6 to 6.4) at 10 shots and above; at 1 shot no difference");
  expect(outcome).toBe("wins");
  expect(pairs[0]?.byShots.map((one) => one.outcome)).toEqual(["same", "wins", "wins"]);
  expect(pairs[0]?.wins?.shots).toEqual([10, "all"]);
});

test("transfer wins, from the winner's view in words and the encoder's in figures", () => {
  const { pairs, sentence } = decide([pair([difference("all", -0.06, 0.02, 0.001)])], options);
  expect(sentence).toBe("transfer wins by 6.0 points (4.1 to 7.9) with all labels");
  expect(pairs[0]?.loses?.value).toBeCloseTo(-0.06, 10);
});

test("what cannot be told says how many more groups would tell", () => {
  const { sentence, pairs, outcome } = decide([pair([difference("all", 0.03, 0.06, 0.3)])], options);
  // half-width about 5.7 points for 3: about 2.7 times the 200 groups more
  expect(sentence).toMatch(/^cannot tell, you need about 5\d0 more labelled groups to test on \(with all labels\)$/);
  expect(outcome).toBe("undecided");
  expect(pairs[0]?.moreGroups).toBeGreaterThan(450);
  const ungrouped = decide([pair([difference("all", 0.03, 0.06, 0.3)])], { ...options, grouped: false });
  expect(ungrouped.sentence).toContain("more labelled images");
});

test("when the runs differ more than the encoders, more seeds are needed", () => {
  const sample = sampleOf(0.03, 0.01, [-0.05, 0.03, 0.11]);
  const noisy = { shots: 1, sample, distribution: distribute(sample), holm: 0.5 };
  expect(needOf(noisy, 0.02, 1).groups).toBeNull();
  expect(decide([pair([noisy])], options).sentence).toMatch(
    /the runs differ too much: you need about (1 more seed|\d+ more seeds)\b/,
  );
});

test("against several baselines: wins only if every transfer encoder is beaten", () => {
  const win = [difference("all", 0.05, 0.02, 0.001)];
  const loss = [difference("all", -0.05, 0.02, 0.001)];
  const unclear = [difference("all", 0.03, 0.06, 0.3)];
  const outcomes = (...pairs: PairInput[]): string => decide(pairs, options).outcome;
  expect(outcomes(pair(win), pair(loss, "random", "random"))).toBe("wins");
  expect(outcomes(pair(win), pair(loss, "transfer", "other"))).toBe("mixed");
  expect(outcomes(pair(win), pair(unclear, "transfer", "other"))).toBe("undecided");
  expect(outcomes(pair(unclear), pair(loss, "transfer", "other"))).toBe("loses");
  const { sentence } = decide([pair(win), pair(unclear, "transfer", "other")], options);
  expect(sentence).toMatch(/^Against dino: in-domain wins by .* Against other: cannot tell/);
  expect(decide([pair(win, "random", "random init")], options).sentence).toMatch(/^LeJEPA wins by/);
  expect(decide([], options)).toEqual({ outcome: "none", sentence: "nothing to compare with", pairs: [] });
});

test("numbers of shots are tested in order, from both ends, at half the level", () => {
  const p = (values: readonly number[]): number[] =>
    overShots(values.map((holm, i) => difference(i + 1, 0, 0.1, holm))).map((one) => one.p);
  expect(p([0.01])).toEqual([0.01]);
  expect(p([0.5, 0.01, 0.001])).toEqual([1, 0.02, 0.002]);
  expect(p([0.001, 0.5, 0.001])).toEqual([0.002, 1, 0.002]);
  // a win in the middle alone is not claimed
  expect(p([0.5, 0.001, 0.5])).toEqual([1, 1, 1]);
});

test("differences are paired: what both encoders share cancels", () => {
  const shared = Float64Array.from({ length: 50 }, (_, b) => b / 100);
  const a = { runs: [0.5, 0.7], groups: 10, resamples: [0.1, 0.1].map((more) => shared.map((x) => x + more)) };
  const b = { runs: [0.4, 0.6], groups: 10, resamples: [shared, shared] };
  const { runs, resamples } = pairedSample(a, b, 1);
  expect(runs.map((x) => Number(x.toFixed(10)))).toEqual([0.1, 0.1]);
  for (const x of resamples.flatMap((run) => [...run])) expect(x).toBeCloseTo(0.1, 10);
  expect(
    pairedSample(a, { ...b, runs: [0.4], resamples: [shared] }, -1).runs.map((x) => Number(x.toFixed(10))),
  ).toEqual([-0.1, -0.3]);
  expect(meanSample([a, b]).runs.map((x) => Number(x.toFixed(10)))).toEqual([0.45, 0.65]);
});

test.each<[MetricName, string]>([
  ["balancedAccuracy", "in-domain wins by 5.0 points (3.1 to 6.9) at every number of shots"],
  ["auroc", "in-domain wins by 5.0 points of AUROC (3.1 to 6.9) at every number of shots"],
  ["averagePrecision", "in-domain wins by 5.0 points of average precision (3.1 to 6.9) at every number of shots"],
  ["r2", "in-domain wins by 0.050 of R2 (0.031 to 0.069) at every number of labelled images"],
])("a difference of %s has its unit", (metric, words) => {
  const win = [difference(10, 0.05, 0.02, 0.001), difference("all", 0.05, 0.02, 0.001)];
  expect(decide([pair(win)], { ...options, metric }).sentence).toBe(words);
  const same = decide([pair([difference("all", 0.001, 0.01, 0.9)])], { ...options, metric }).sentence;
  expect(same).toBe(`no difference (less than ${differenceText(0.02, metric)}) with all labels`);
});

test("where", () => {
  const all: Shots[] = [1, 2, 10, "all"];
  expect(where(all, all, "accuracy")).toBe("at every number of shots");
  expect(where([2, 10, "all"], all, "accuracy")).toBe("at 2 shots and above");
  expect(where(["all"], all, "accuracy")).toBe("with all labels");
  expect(where([1], all, "accuracy")).toBe("at 1 shot");
  expect(where([1, 2], all, "accuracy")).toBe("at 1 and 2 shots");
  expect(where([1, "all"], all, "accuracy")).toBe("at 1 shot and with all labels");
  expect(where([1], all, "r2")).toBe("at 1 labelled image");
  expect(where([10, "all"], all, "r2")).toBe("at 10 labelled images and above");
  expect(list(["a", "b", "c"])).toBe("a, b and c");
});
