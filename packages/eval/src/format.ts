// A comparison as text for terminals: the verdict first, then a table for each probe. Not Markdown and not colour.
import type { Comparison, Estimate, MetricName, ProbeName, Shots } from "./comparison-schema.ts";
import { isShare } from "./verdict/words.ts";

/** Names of probes for readers. */
export const probeTitles: Readonly<Record<ProbeName, string>> = {
  knn: "kNN",
  ncm: "nearest class mean",
  logistic: "logistic regression",
  linear: "linear probe (AdamW)",
  finetune: "full fine-tuning",
};

/** Names of metrics for readers. */
export const metricTitles: Readonly<Record<MetricName, string>> = {
  accuracy: "accuracy",
  balancedAccuracy: "balanced accuracy",
  macroF1: "macro F1",
  auroc: "AUROC",
  averagePrecision: "average precision",
  r2: "R2",
  mae: "mean absolute error",
};

/**
 * The verdict, a table for each probe (encoders x shots, the metric of the verdict with its interval), and what they rest on.
 */
export function formatComparison(comparison: Comparison): string {
  const { settings, data, verdict } = comparison;
  const tables = settings.probes.map((probe) => {
    const title = probe === "logistic" && settings.task === "regression" ? "ridge regression" : probeTitles[probe];
    return `${title}: ${metricTitles[settings.metric]}${isShare(settings.metric) ? " in %" : ""}\n${probeTable(comparison, probe)}`;
  });
  const { rows, groups } = data;
  const chance = data.chance[settings.metric];
  const about = [
    `95 % intervals over test ${data.grouped ? `groups (${groups.test})` : "images"} and runs`,
    ...(chance === undefined ? [] : [`chance ${cell({ value: chance, low: null, high: null }, settings.metric)}`]),
    `${rows.train} images to learn from, ${rows.validation} to choose with, ${rows.test} to test`,
  ];
  const leftOut = data.leftOut.map(({ shots, reason }) => `left out: ${shots} shots (${reason})`);
  return `${[`verdict: ${verdict.sentence}`, ...tables, [about.join("; "), ...leftOut, ...data.notes].join("\n")].join("\n\n")}\n`;
}

function probeTable({ settings, results, encoders }: Comparison, probe: ProbeName): string {
  const shown = results.filter((result) => result.probe === probe);
  const shots = settings.shots.filter((s) => shown.some((result) => result.shots === s));
  const rows = encoders.map(({ name, seeds }) => [
    seeds > 1 ? `${name} (${seeds} seeds)` : name,
    ...shots.map((s) => {
      const found = shown.find((result) => result.encoder === name && result.shots === s);
      const estimate = found?.metrics[settings.metric];
      return estimate === undefined ? "" : cell(estimate, settings.metric);
    }),
  ]);
  return table([["", ...shots.map((s) => headOf(s, settings.task))], ...rows]);
}

const headOf = (shots: Shots, task: Comparison["settings"]["task"]): string =>
  shots === "all" ? "all" : `${shots} ${task === "regression" ? "image" : "shot"}${shots === 1 ? "" : "s"}`;

// `81.2 (78.0-84.1)` in percent, `0.312 (0.250-0.371)` else
function cell({ value, low, high }: Estimate, metric: MetricName): string {
  const digits = (x: number): string => (isShare(metric) ? (100 * x).toFixed(1) : x.toFixed(3));
  if (value === null) return "-";
  return low === null || high === null ? digits(value) : `${digits(value)} (${digits(low)}-${digits(high)})`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
