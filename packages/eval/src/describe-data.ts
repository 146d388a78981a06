// The data card of a comparison: how many rows, groups and classes, and what guessing would get. No names of rows.
import type { Comparison, MetricName } from "./comparison-schema.ts";
import type { LeftOut } from "./probes/draws.ts";
import type { Part, Problem } from "./targets.ts";

const splits = ["train", "validation", "test"] as const;

/** Counts of the problem, and the shots that were left out of it. */
export function describeData(problem: Problem, leftOut: readonly LeftOut[]): Comparison["data"] {
  const bySplit = (count: (part: Part) => number): Record<(typeof splits)[number], number> => ({
    train: count(problem.train),
    validation: count(problem.validation),
    test: count(problem.test),
  });
  return {
    rows: bySplit(({ rows }) => rows.length),
    groups: bySplit(({ groupCount }) => groupCount),
    grouped: problem.grouped,
    classes: problem.classes.map((name, j) => ({ name, ...bySplit((part) => countOf(part, j)) })),
    chance: chanceOf(problem),
    leftOut: [...leftOut],
    notes: [...problem.notes],
  };
}

// rows of the class, or with the label; known values of a target
function countOf({ truth: { task, values } }: Part, j: number): number {
  let count = 0;
  for (let i = 0; i < values.rows; i++) {
    const value = values.data[i * values.columns + j] as number;
    if (task === "regression" ? !Number.isNaN(value) : value === 1) count++;
  }
  return count;
}

function chanceOf({ task, classes, test }: Problem): Partial<Record<MetricName, number>> {
  if (task === "regression") return { r2: 0 };
  const shares = classes.map((_, j) => countOf(test, j) / knownOf(test, j));
  // the mean is over labels that some test row has
  const scored = shares.filter((share) => share > 0);
  if (task === "multilabel") return { auroc: 0.5, averagePrecision: scored.reduce((a, b) => a + b, 0) / scored.length };
  const present = shares.filter((share) => share > 0).length;
  return { accuracy: Math.max(...shares), balancedAccuracy: 1 / present, auroc: 0.5 };
}

function knownOf({ truth: { values } }: Part, j: number): number {
  let count = 0;
  for (let i = 0; i < values.rows; i++) if (!Number.isNaN(values.data[i * values.columns + j])) count++;
  return count;
}
