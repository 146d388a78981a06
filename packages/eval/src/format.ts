// The comparison as a text table for terminals. Not Markdown and not colour.
import type { Comparison, Score } from "./compare.ts";
import type { Interval } from "./scores.ts";

/**
 * The comparison as lines of text: balanced accuracy first (it is what counts with unequal classes), in percent, `+-` half
 * the 95 % interval over the seeds.
 */
export function formatComparison({ entries, classes, counts, k }: Comparison): string {
  const header = ["", `kNN (k=${k})`, "linear probe", "kNN, plain", "linear, plain"];
  const cells = (score: Score): [string, string] => [percent(score.balancedAccuracy), percent(score.accuracy)];
  const rows = entries.map(({ name, knn, linear }) => {
    const [[balancedKnn, plainKnn], [balancedLinear, plainLinear]] = [cells(knn), cells(linear)];
    return [name, balancedKnn, balancedLinear, plainKnn, plainLinear];
  });
  const chance = `chance ${(100 / classes.length).toFixed(1)}`;
  const about = `balanced accuracy in %, then plain accuracy; ${chance}; ${counts.train}+${counts.validation} images to learn from, ${counts.test} to test`;
  return `${table([header, ...rows])}\n${about}\n`;
}

function percent({ mean, halfWidth }: Interval): string {
  const value = (100 * mean).toFixed(1).padStart(5);
  return halfWidth === null ? value : `${value} +- ${(100 * halfWidth).toFixed(1)}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
