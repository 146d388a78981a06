// What is to be predicted and which rows learn, choose and test: checked once, in one form for every probe. No features here.
import { LejepaError } from "@lejepa/contracts";
import type { ComparisonTask } from "./comparison-schema.ts";
import { type Matrix, pickRows } from "./matrix.ts";

/** Targets of all rows. */
export type Targets =
  | {
      readonly task: "classification";
      readonly classes: readonly string[];
      /** Class of each row, -1 without a label. */
      readonly labels: ArrayLike<number>;
    }
  | {
      readonly task: "multilabel" | "regression";
      /** Names of the labels or target columns. */
      readonly classes: readonly string[];
      /** `[rows, classes]`: 0 or 1 for labels, any number for regression, NaN where unknown. */
      readonly values: Matrix;
    };

/** Row numbers of each split; disjoint, no group in two. */
export interface SplitRows {
  readonly train: ArrayLike<number>;
  readonly validation: ArrayLike<number>;
  readonly test: ArrayLike<number>;
}

/** Targets of some rows in the form that probes and scores use. */
export interface Truth {
  readonly task: ComparisonTask;
  /** `[rows, outputs]`: one-hot, 0 / 1 / NaN, or values. */
  readonly values: Matrix;
  /** Class of each row; empty unless the task is classification. */
  readonly labels: Int32Array;
}

/** One split: its row numbers, truth, and groups. */
export interface Part {
  readonly rows: Uint32Array;
  readonly truth: Truth;
  /** Group of each row as a number 0 .. `groupCount` - 1. */
  readonly groups: Int32Array;
  readonly groupCount: number;
  /** By number; empty when each row is its own group. */
  readonly groupNames: readonly string[];
}

/** The whole problem. */
export interface Problem {
  readonly task: ComparisonTask;
  readonly classes: readonly string[];
  readonly grouped: boolean;
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
  readonly notes: readonly string[];
}

/** Input of {@link createProblem}. */
export interface ProblemInput {
  readonly targets: Targets;
  readonly splits: SplitRows;
  /** Group of each row (patient, scene); undefined: a row of its own. Absent: every row is. */
  readonly groups?: readonly (string | undefined)[] | undefined;
}

const splitNames = ["train", "validation", "test"] as const;

/**
 * Checks targets, splits and groups.
 *
 * @throws LejepaError E_DATA without labels, with one class in a split, or with a group in two splits; E_SHAPE when sizes differ
 */
export function createProblem({ targets, splits, groups }: ProblemInput): Problem {
  const { task, classes } = targets;
  const notes: string[] = [];
  const seen = new Map<string, string>();
  const parts = splitNames.map((name): [(typeof splitNames)[number], Part] => {
    const rows = knownRows(targets, splits[name]);
    const unknown = splits[name].length - rows.length;
    const lacks = task === "regression" ? "no known value" : "no label";
    if (unknown > 0) notes.push(`${unknown} of ${splits[name].length} rows of the ${name} split have ${lacks}`);
    const truth = truthOf(targets, rows);
    if (splits[name].length === 0) throw noLabels({ split: name, task, got: "no images", hint: emptySplit });
    expectTwo(name, truth, classes);
    checkGroups(name, rows, { groups, seen });
    return [name, { rows, truth, ...numberGroups(rows, groups) }];
  });
  const { train, validation, test } = Object.fromEntries(parts) as Record<(typeof splitNames)[number], Part>;
  notes.push(...unseenClasses(classes, train, test), ...unscoredTargets(classes, test));
  const grouped = groups?.some((group) => group !== undefined) ?? false;
  return { task, classes, grouped, train, validation, test, notes };
}

/** Those of the rows that have a label, or a known value of any target. */
export function knownRows(targets: Targets, rows: ArrayLike<number>): Uint32Array {
  const known =
    targets.task === "classification"
      ? (row: number): boolean => (targets.labels[row] ?? -1) >= 0
      : (row: number): boolean => rowOf(targets.values, row).some((value) => !Number.isNaN(value));
  return Uint32Array.from(rows).filter(known);
}

const rowOf = ({ data, columns }: Matrix, row: number): Float32Array =>
  data.subarray(row * columns, (row + 1) * columns);

function truthOf(targets: Targets, rows: Uint32Array): Truth {
  const { task, classes } = targets;
  if (task !== "classification") {
    if (targets.values.columns !== classes.length) {
      const got = `${targets.values.columns} columns`;
      throw new LejepaError({ code: "E_SHAPE", where: "compare: targets", expected: `${classes.length} columns`, got });
    }
    return { task, values: pickRows(targets.values, rows), labels: new Int32Array(0) };
  }
  const labels = Int32Array.from(rows, (row) => targets.labels[row] as number);
  const data = new Float32Array(rows.length * classes.length);
  for (const [i, label] of labels.entries()) data[i * classes.length + label] = 1;
  return { task, labels, values: { data, rows: rows.length, columns: classes.length } };
}

const withoutLabels =
  "Without labels there is leaderboard and diagnose; a table of labels or numbers is --targets FILE.";

const emptySplit =
  "Are data.splits 0, or the groups too few or too large for their shares? See the groups in lejepa plan.";

function expectTwo(split: string, { task, labels, values }: Truth, classes: readonly string[]): void {
  if (values.rows === 0) {
    const got = task === "classification" ? "no labels" : "no row with a known value";
    throw noLabels({ split, task, got, hint: withoutLabels });
  }
  if (task === "classification") {
    const present = new Set(labels);
    if (present.size >= 2) return;
    throw noLabels({ split, task, got: `1 class (${[...present].map((label) => classes[label]).join()})` });
  }
  if (constantColumns(values).length === values.columns)
    throw noLabels({ split, task, got: "one value for all of them" });
}

// those whose known values are all the same, or none
function constantColumns({ data, rows, columns }: Matrix): number[] {
  return Array.from({ length: columns }, (_, j) => j).filter((j) => {
    const distinct = new Set(Array.from({ length: rows }, (_, i) => data[i * columns + j] as number));
    distinct.delete(Number.NaN);
    return distinct.size < 2;
  });
}

function noLabels({
  split,
  task,
  got,
  hint = "Give labels, or change the splits.",
}: {
  readonly split: string;
  readonly task: ComparisonTask;
  readonly got: string;
  readonly hint?: string;
}): LejepaError {
  const expected = task === "classification" ? "labelled rows of at least 2 classes" : "different values of a target";
  return new LejepaError({ code: "E_DATA", where: `compare: ${split} split`, expected, got, hint });
}

function checkGroups(
  split: string,
  rows: Uint32Array,
  { groups, seen }: { readonly groups: ProblemInput["groups"]; readonly seen: Map<string, string> },
): void {
  for (const row of rows) {
    const group = groups?.[row];
    if (group === undefined) continue;
    const other = seen.get(group) ?? split;
    seen.set(group, other);
    if (other === split) continue;
    throw new LejepaError({
      code: "E_DATA",
      where: "compare: splits",
      expected: "every group in one split",
      got: `group ${JSON.stringify(group)} in ${other} and ${split}`,
      hint: "Rows of one group are not independent: the test would be too easy.",
    });
  }
}

function numberGroups(
  rows: Uint32Array,
  groups: ProblemInput["groups"],
): Pick<Part, "groups" | "groupCount" | "groupNames"> {
  const numbers = new Map<string | number, number>();
  const ids = Int32Array.from(rows, (row) => {
    const key = groups?.[row] ?? row;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  const named = [...numbers.keys()].some((key) => typeof key === "string");
  return { groups: ids, groupCount: numbers.size, groupNames: named ? [...numbers.keys()].map(String) : [] };
}

function unseenClasses(classes: readonly string[], train: Part, test: Part): string[] {
  const learned = new Set(train.truth.labels);
  const unseen = [...new Set(test.truth.labels)].filter((label) => !learned.has(label));
  if (unseen.length === 0) return [];
  const names = unseen.map((label) => classes[label]).join(", ");
  return [`no training rows of ${names}: their test rows cannot be predicted right`];
}

function unscoredTargets(classes: readonly string[], { truth }: Part): string[] {
  const constant = truth.task === "classification" ? [] : constantColumns(truth.values);
  if (constant.length === 0) return [];
  const names = constant.map((j) => classes[j]).join(", ");
  const score = truth.task === "regression" ? "R2" : "AUROC";
  return [`the test rows have a single value of ${names}: without ${score}, and not in its mean`];
}
