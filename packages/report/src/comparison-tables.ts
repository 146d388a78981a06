// The tables of a comparison's page.
import {
  type Comparison,
  type Estimate,
  metricTitles,
  type MetricName,
  type ProbeName,
  probeTitles,
  type Shots,
} from "@lejepa/eval";
import { scaleOf, shotsText } from "./comparison-plots.ts";
import { html, type Html, table } from "./html.ts";
import { wide } from "./page.ts";

/** `81.2 (78.0 to 84.1)`, in percent where the metric is a share. */
export function estimateText(estimate: Estimate | undefined, metric: MetricName): string {
  if (estimate === undefined || estimate.value === null) return "";
  const factor = scaleOf(metric);
  const show = (value: number): string => (factor * value).toFixed(factor === 100 ? 1 : 3);
  const { value, low, high } = estimate;
  return low === null || high === null ? show(value) : `${show(value)} (${show(low)} to ${show(high)})`;
}

/** The probe's name for this task. */
export function probeTitle({ settings }: Pick<Comparison, "settings">, probe: ProbeName): string {
  return probe === "logistic" && settings.task === "regression" ? "ridge regression" : probeTitles[probe];
}

/** Encoders over shots for one probe. */
export function resultsTable(comparison: Comparison, probe: ProbeName, metric: MetricName): Html {
  const { settings, encoders, results } = comparison;
  const shots = settings.shots.filter((some) => results.some((one) => one.probe === probe && one.shots === some));
  const rows = encoders.map(({ name }) => [
    name,
    ...shots.map((some) =>
      estimateText(
        results.find((one) => one.encoder === name && one.probe === probe && one.shots === some)?.metrics[metric],
        metric,
      ),
    ),
  ]);
  const title = `${probeTitle(comparison, probe)}: ${metricTitles[metric]}${scaleOf(metric) === 100 ? ", %" : ""}`;
  return html`<h3>${title}</h3>${wide(table(["encoder", ...shots.map((some) => headOf(some, settings.task))], rows), title)}`;
}

const headOf = (shots: Shots, task: Comparison["settings"]["task"]): string =>
  shots === "all" ? "all" : `${shots} ${task === "regression" ? "image" : "shot"}${shots === 1 ? "" : "s"}`;

/** Paired differences with their p values. */
export function differencesTable({ settings, differences }: Comparison): Html {
  const rows = differences
    .filter(({ probe, metric }) => probe === settings.probe && metric === settings.metric)
    .map(({ encoder, baseline, shots, value, low, high, p, holm }) => [
      `${encoder} - ${baseline}`,
      shotsText(shots),
      estimateText({ value, low, high }, settings.metric),
      pText(p),
      pText(holm),
    ]);
  return wide(
    table(["pair", settings.task === "regression" ? "images" : "shots", "difference", "p", "p, Holm"], rows),
    "Differences",
  );
}

const pText = (p: number | null): string => (p === null ? "" : p < 0.001 ? "< 0.001" : p.toFixed(3));

const nounOf = { classification: "class", multilabel: "label", regression: "target" } as const;

/** Recall, precision and F1 of each class, or what the task has. */
export function classTable(comparison: Comparison): Html[] {
  const { details, data, settings } = comparison;
  const columns =
    settings.task === "classification"
      ? (["recall", "precision", "f1", "auroc"] as const)
      : settings.task === "multilabel"
        ? (["auroc", "averagePrecision"] as const)
        : (["r2", "mae"] as const);
  return details
    .filter(({ probe }) => probe === settings.probe)
    .map(({ encoder, perClass }) => {
      const rows = perClass.map((one, i) => [
        data.classes[i]?.name ?? String(i),
        String(one.rows),
        ...columns.map((column) => shareText(one[column], settings.task === "regression")),
      ]);
      return html`<h3>${encoder}</h3>${wide(table([nounOf[settings.task], "test images", ...columns.map((name) => names[name])], rows), `${encoder}: classes`)}`;
    });
}

const names = {
  recall: "recall, %",
  precision: "precision, %",
  f1: "F1, %",
  auroc: "AUROC, %",
  averagePrecision: "average precision, %",
  r2: "R2",
  mae: "mean absolute error",
} as const;

const shareText = (value: number | null, plain: boolean): string =>
  value === null ? "" : plain ? value.toPrecision(3) : (100 * value).toFixed(1);

const mostGroups = 12;

/** Accuracy or error in each group, the worst by the first encoder first. */
export function groupTable({ details, settings, data }: Comparison): Html | undefined {
  const own = details.filter(({ probe, perGroup }) => probe === settings.probe && perGroup.length > 0);
  const [first] = own;
  if (first === undefined) return undefined;
  // errors are worst where they are largest
  const sign = settings.task === "regression" ? -1 : 1;
  const sorted = first.perGroup.toSorted((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)));
  const rows = sorted
    .slice(0, mostGroups)
    .map(({ group, rows: count }) => [
      group,
      String(count),
      ...own.map(({ perGroup }) =>
        shareText(perGroup.find((one) => one.group === group)?.value ?? null, settings.task === "regression"),
      ),
    ]);
  const more = sorted.length - rows.length;
  const unit = data.classes.length > 1 ? " in standard deviations of each target" : "";
  const what = settings.task === "regression" ? `mean absolute error${unit}` : "accuracy, %";
  return html`<h2>Groups</h2><p class="soft">${what}; the worst ${rows.length} of ${sorted.length} groups by ${first.encoder}${more > 0 ? "; all are in the JSON file" : ""}.</p>${wide(table(["group", "images", ...own.map(({ encoder }) => encoder)], rows), "Groups")}`;
}
