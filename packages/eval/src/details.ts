// What the document says beyond means, at the most shots: confusion matrices, classes, groups, predictions by row.
import type { Comparison, ProbeName } from "./comparison-schema.ts";
import { groupBy } from "./group-by.ts";
import { orNull, type Probed, type ProbedDetail, type ProbedEncoder } from "./probe-cells.ts";
import type { Matrix } from "./matrix.ts";
import { mean } from "./statistics/estimate.ts";
import { type ClassScores, meanOfDefined } from "./statistics/metrics.ts";
import type { Part, Problem } from "./targets.ts";

type Detail = Comparison["details"][number];
type Detailed = Probed & { readonly detail: ProbedDetail };

const detailedRuns = ({ cells }: ProbedEncoder): Map<ProbeName, Detailed[]> =>
  groupBy(
    cells.filter((one): one is Detailed => one.detail !== undefined),
    ({ probe }) => probe,
  );

/** Confusion matrix, classes and groups of each encoder and probe. */
export function detailsOf(probed: readonly ProbedEncoder[], problem: Problem): Detail[] {
  const { test, task } = problem;
  return probed.flatMap((encoder) =>
    [...detailedRuns(encoder)].map(([probe, runs]) => ({
      encoder: encoder.description.name,
      probe,
      shots: (runs[0] as Detailed).draw.shots,
      confusion: task === "classification" ? confusionOf(test, runs, problem.classes.length) : null,
      perClass: problem.classes.map((_, j) => classOf(runs, { test, j })),
      perGroup: problem.grouped ? groupsOf(test, runs) : [],
    })),
  );
}

function confusionOf({ truth }: Part, runs: readonly Detailed[], classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const { detail } of runs) {
    for (const [i, label] of truth.labels.entries()) {
      const row = counts[label] as number[];
      const guess = detail.predicted.data[i] as number;
      row[guess] = (row[guess] as number) + 1;
    }
  }
  return counts;
}

function classOf(
  runs: readonly Detailed[],
  { test, j }: { readonly test: Part; readonly j: number },
): Detail["perClass"][number] {
  const { task, values } = test.truth;
  let rows = 0;
  for (let i = 0; i < values.rows; i++) {
    const value = values.data[i * values.columns + j] as number;
    if (task === "regression" ? !Number.isNaN(value) : value === 1) rows++;
  }
  const of = (name: keyof ClassScores): number | null =>
    orNull(meanOfDefined(runs.map(({ detail }) => (detail.perClass[j] as ClassScores)[name])));
  return {
    rows,
    recall: of("recall"),
    precision: of("precision"),
    f1: of("f1"),
    auroc: of("auroc"),
    averagePrecision: of("averagePrecision"),
    r2: of("r2"),
    mae: of("mae"),
  };
}

function groupsOf(test: Part, runs: readonly Detailed[]): Detail["perGroup"] {
  const units = unitsOf(test.truth);
  const rows = groupBy(Array.from(test.groups.keys()), (i) => test.groups[i] as number);
  return test.groupNames.map((group, number) => {
    const members = rows.get(number) ?? [];
    const value = mean(
      runs.map(({ detail }) => meanOfDefined(members.flatMap((i) => rightness(test, { detail, units, i })))),
    );
    return { group, rows: members.length, value: orNull(value) };
  });
}

// what errors of each target are counted in: of several targets the deviation of each, so that their mean means something
function unitsOf({ task, values }: Part["truth"]): number[] {
  const columns = Array.from({ length: values.columns }, (_, j) => j);
  if (task !== "regression" || values.columns === 1) return columns.map(() => 1);
  return columns.map((j) => {
    const known = Array.from({ length: values.rows }, (_, i) => values.data[i * values.columns + j] as number);
    const numbers = known.filter((value) => !Number.isNaN(value));
    const centre = mean(numbers);
    return Math.sqrt(mean(numbers.map((value) => (value - centre) ** 2))) || 1;
  });
}

interface RowOfDetail {
  readonly detail: ProbedDetail;
  readonly units: readonly number[];
  readonly i: number;
}

// 1 or 0 for right and wrong, absolute errors of numbers; one for each known target of the row
function rightness({ truth }: Part, { detail: { predicted }, units, i }: RowOfDetail): number[] {
  if (truth.task === "classification") return [truth.labels[i] === predicted.data[i] ? 1 : 0];
  return rowOf(truth.values, i).map((value, j) => {
    const guess = rowOf(predicted, i)[j] as number;
    if (truth.task === "regression" || Number.isNaN(value)) return Math.abs(value - guess) / (units[j] as number);
    return value === (guess > 0.5 ? 1 : 0) ? 1 : 0;
  });
}

const rowOf = ({ data, columns }: Matrix, i: number): number[] => [...data.subarray(i * columns, (i + 1) * columns)];

/** Predictions of the test rows. */
export function predictionsOf(probed: readonly ProbedEncoder[], { test, task }: Problem): Comparison["predictions"] {
  const rowsOf = (m: Matrix): number[][] => Array.from({ length: m.rows }, (_, i) => rowOf(m, i));
  return {
    rows: [...test.rows],
    truth: task === "classification" ? [...test.truth.labels] : rowsOf(test.truth.values).map((row) => row.map(orNull)),
    predicted: probed.flatMap((encoder) =>
      [...detailedRuns(encoder).values()].flat().map(({ probe, draw, detail }) => ({
        encoder: encoder.description.name,
        probe,
        shots: draw.shots,
        run: draw.run,
        values: task === "classification" ? [...detail.predicted.data] : rowsOf(detail.predicted),
      })),
    ),
  };
}
