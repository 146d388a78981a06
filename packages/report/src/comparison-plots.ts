// The plots of a comparison's page. What they mean is said on the page.
import { type Comparison, type Estimate, metricTitles, type ProbeName, type Shots } from "@lejepa/eval";
import * as Plot from "@observablehq/plot";
import type { Html } from "./html.ts";
import { colours, figure } from "./plot.ts";

/** Colours of encoders: told apart by lightness too, for those who see few colours, in light and in dark. */
const palette = ["var(--mark)", "var(--second)", "var(--soft)", "var(--third)", "var(--fourth)", "var(--fifth)"];

/** The colour of an encoder, by its place in the document. */
export function colourOf({ encoders }: Pick<Comparison, "encoders">, name: string): string {
  const at = encoders.findIndex((encoder) => encoder.name === name);
  return palette[at % palette.length] as string;
}

/** A number of shots as it stands on axes and in tables. */
export const shotsText = (shots: Shots): string => (shots === "all" ? "all" : String(shots));

interface Point extends Estimate {
  readonly encoder: string;
  readonly shots: string;
}

/** The verdict's metric over the number of shots, a line for each encoder with its 95 % interval. */
export function shotCurves(comparison: Comparison, probe: ProbeName, title: string): Html {
  const { settings, results } = comparison;
  const factor = scaleOf(settings.metric);
  const points = results.flatMap(({ encoder, probe: of, shots, metrics }): Point[] => {
    const estimate = metrics[settings.metric];
    if (of !== probe || estimate === undefined || estimate.value === null) return [];
    const { value, low, high } = estimate;
    return [
      {
        encoder,
        shots: shotsText(shots),
        value: factor * value,
        low: low === null ? null : factor * low,
        high: high === null ? null : factor * high,
      },
    ];
  });
  const domain = settings.shots.map(shotsText).filter((shots) => points.some((point) => point.shots === shots));
  const chance = comparison.data.chance[settings.metric];
  const colour = (point: Point): string => colourOf(comparison, point.encoder);
  const digits = digitsOf(settings.metric);
  const words = comparison.encoders.map(({ name }) => {
    const own = points.filter(({ encoder }) => encoder === name);
    return `${name}: ${own.map(({ shots, value }) => `${value?.toFixed(digits)} at ${shots}`).join(", ")}`;
  });
  const unit = shotsUnit(settings.task);
  const floor = floorOf(settings.metric, points);
  return figure({
    alt: `${metricTitles[settings.metric]} by ${title} over ${unit}. ${words.join("; ")}.`,
    caption: `${title}. Bars are 95 % intervals${chance === undefined ? "" : `; the dashed line is ${settings.task === "regression" ? "the mean as a guess" : "chance"}`}.${floor === undefined ? "" : ` What lies below ${floor} is not drawn.`}`,
    width: 860,
    height: 340,
    marginLeft: 50,
    marginRight: Math.min(260, 20 + 6.6 * Math.max(...comparison.encoders.map(({ name }) => name.length))),
    grid: true,
    x: {
      type: "point",
      domain,
      label: unit,
    },
    y: {
      label: metricTitles[settings.metric] + (factor === 100 ? ", %" : ""),
      ...(floor === undefined ? { nice: true } : { domain: [floor, 1] }),
    },
    clip: floor !== undefined,
    marks: [
      ...(chance === undefined
        ? []
        : [Plot.ruleY([factor * chance], { stroke: colours.soft, strokeDasharray: "4 3" })]),
      Plot.line(points, { x: "shots", y: "value", z: "encoder", stroke: colour, strokeWidth: 2 }),
      ...comparison.encoders.map(({ name }, i) =>
        Plot.ruleX(
          points.filter(({ encoder, low }) => encoder === name && low !== null),
          // beside each other
          {
            x: "shots",
            y1: "low",
            y2: "high",
            dx: 4 * (i - (comparison.encoders.length - 1) / 2),
            stroke: colour,
            strokeWidth: 1.5,
            strokeOpacity: 0.7,
          },
        ),
      ),
      Plot.dot(points, { x: "shots", y: "value", fill: colour, r: 3.5, title: (p: Point) => hover(p, digits) }),
      ...lineLabels(points, domain, colour),
    ],
  });
}

// where few rows predict far worse than the mean does, R2 has no bottom: the rest would be a line at the top
function floorOf(metric: Comparison["settings"]["metric"], points: readonly Point[]): number | undefined {
  return metric === "r2" && points.some(({ value, low }) => Math.min(value ?? 0, low ?? 0) < -1) ? -1 : undefined;
}

const shotsUnit = (task: Comparison["settings"]["task"]): string =>
  task === "regression" ? "labelled images" : `labelled images of a ${task === "multilabel" ? "label" : "class"}`;

const hover = ({ encoder, shots, value, low, high }: Point, digits: number): string =>
  `${encoder}, ${shots}: ${value?.toFixed(digits)}${low === null ? "" : ` (${low.toFixed(digits)} to ${high?.toFixed(digits)})`}`;

// names at the right end, moved apart where lines end close to each other
function lineLabels(points: readonly Point[], domain: readonly string[], colour: (p: Point) => string): Plot.Markish[] {
  const last = domain.at(-1);
  const ends = points.filter(({ shots }) => shots === last).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const values = points.flatMap(({ value, low, high }) => [value, low, high].filter((v) => v !== null));
  const gap = (Math.max(...values) - Math.min(...values)) / 18;
  let before = Number.POSITIVE_INFINITY;
  return ends.map((end) => {
    const at = Math.min(end.value ?? 0, before - gap);
    before = at;
    return Plot.text([{ ...end, value: at }], {
      x: "shots",
      y: "value",
      text: "encoder",
      textAnchor: "start",
      dx: 10,
      fill: colour(end),
      fontWeight: 600,
    });
  });
}

/** Fractions are shown in percent; R2 and errors are not. */
export const scaleOf = (metric: Comparison["settings"]["metric"]): number =>
  metric === "r2" || metric === "mae" ? 1 : 100;

const digitsOf = (metric: Comparison["settings"]["metric"]): number => (scaleOf(metric) === 100 ? 1 : 3);

/** The first encoder of the document against every other one, at every number of shots: difference and interval. */
export function differencePlot(comparison: Comparison): Html | undefined {
  const { settings, differences } = comparison;
  const factor = scaleOf(settings.metric);
  const rows = differences
    .filter(({ probe, metric, value }) => probe === settings.probe && metric === settings.metric && value !== null)
    .map(({ encoder, baseline, shots, value, low, high, holm }) => ({
      name: `${encoder} - ${baseline}`,
      shots: shotsText(shots),
      value: factor * (value as number),
      low: low === null ? null : factor * low,
      high: high === null ? null : factor * high,
      sure: holm !== null && holm < 1 - settings.level,
    }));
  const [first] = rows;
  if (first === undefined) return undefined;
  const names = [...new Set(rows.map(({ name }) => name))];
  const domain = settings.shots.map(shotsText).filter((shots) => rows.some((row) => row.shots === shots));
  type Row = typeof first;
  const colour = ({ sure, value }: Row): string => (sure ? (value > 0 ? colours.mark : colours.bad) : colours.soft);
  const words = rows.map(
    ({ name, shots, value, sure }) =>
      `${name} at ${shots}: ${value.toFixed(digitsOf(settings.metric))}${sure ? "" : ", not told apart"}`,
  );
  const margin = factor * settings.margin;
  // lines of one pair, and its name above them
  const band = 22 * domain.length + 20;
  return figure({
    alt: `Differences of ${metricTitles[settings.metric]}, paired on the same test images. ${words.join("; ")}.`,
    caption:
      "Differences on the same test images and draws, with 95 % intervals. Right of the line the first one is better. Gray: not told apart after Holm's correction; the band is the margin below which nobody cares.",
    width: 860,
    height: 60 + band * names.length,
    marginLeft: 70,
    marginRight: 20,
    insetLeft: 10,
    x: {
      label: `difference${factor === 100 ? ", points" : ` of ${metricTitles[settings.metric]}`}`,
      grid: true,
      nice: true,
    },
    y: { domain, label: settings.task === "regression" ? "labelled images" : "shots" },
    fy: { domain: names, label: null, axis: null, padding: 20 / band },
    marks: [
      Plot.rectX([0], { x1: -margin, x2: margin, fill: colours.line, fillOpacity: 0.5 }),
      Plot.ruleX([0], { stroke: colours.soft }),
      Plot.ruleY(
        rows.filter(({ low }) => low !== null),
        { fy: "name", y: "shots", x1: "low", x2: "high", stroke: colour, strokeWidth: 2 },
      ),
      Plot.dot(rows, { fy: "name", y: "shots", x: "value", fill: colour, r: 4 }),
      Plot.text(names, {
        fy: (name: string) => name,
        text: (name: string) => name,
        frameAnchor: "top-left",
        dy: -4,
        lineAnchor: "bottom",
        fontWeight: 600,
      }),
    ],
  });
}

/** A confusion matrix: rows are the truth, shares of the row. */
export function confusionPlot(
  name: string,
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): Html {
  const cells = confusion.flatMap((counts, truth) => {
    const all = Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    );
    return counts.map((count, predicted) => ({
      truth: classes[truth] ?? String(truth),
      predicted: classes[predicted] ?? String(predicted),
      count,
      share: count / all,
    }));
  });
  const longest = Math.max(...classes.map((text) => text.length));
  const wrong = cells
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, 3)
    .map(({ truth, predicted, share }) => `${truth} taken for ${predicted} (${(100 * share).toFixed(0)} %)`);
  type Cell = (typeof cells)[number];
  return figure({
    alt: `Confusion matrix of ${name}. ${wrong.length === 0 ? "No mistakes." : `Most common mistakes: ${wrong.join(", ")}.`}`,
    caption: name,
    width: 340,
    height: 340,
    aspectRatio: 1,
    marginLeft: Math.min(140, 12 + 6.2 * longest),
    marginBottom: Math.min(140, 14 + 5 * longest),
    x: { label: null, tickRotate: -45, domain: classes },
    y: { label: null, domain: classes },
    marks: [
      Plot.cell(cells, {
        x: "predicted",
        y: "truth",
        fill: {
          value: ({ share }: Cell) => `color-mix(in oklab, var(--cell) ${Math.round(100 * share)}%, var(--back))`,
          scale: null,
        },
        inset: 0.5,
        title: (c: Cell) => `${c.truth} -> ${c.predicted}: ${c.count}`,
      }),
      ...(classes.length <= 12
        ? [
            Plot.text(
              cells.filter(({ count }) => count > 0),
              { x: "predicted", y: "truth", text: "count", fill: "currentColor" },
            ),
          ]
        : []),
    ],
  });
}
