// The cockpit's plots. What they mean is said on the page.
import type { Cockpit, CockpitTest, HistoryPoint } from "@lejepa/eval";
import * as Plot from "@observablehq/plot";
import type { Html } from "./html.ts";
import { colours, figure } from "./plot.ts";

// 0.01, not 10m
const plain = "~g";
// of text on lines
const halo = { fill: "currentColor", stroke: "var(--back)", strokeWidth: 4 } as const;

/** Statistic over its 5 % limit for every test on slices: the middle 90 %, the median and the largest. */
export function testsPlot(tests: readonly CockpitTest[]): Html {
  const rows = tests.flatMap(({ name, critical: { five }, quantiles, median, largest }) => {
    const at = (i: number): number | null => quantiles[i] ?? null;
    const parts = [at(2), median, at(38), largest];
    if (five === null || five <= 0 || quantiles.length === 0 || parts.some((part) => part === null)) return [];
    const [low, middle, high, most] = parts.map((part) => Math.max((part as number) / five, 1e-3));
    return [{ name, low, middle, high, most }];
  });
  const words = rows.map(
    ({ name, middle, most }) => `${name}: median ${middle?.toFixed(2)}, largest ${most?.toFixed(2)}`,
  );
  return figure({
    alt: `Statistic over its 5 % limit, by test. ${words.join("; ")}.`,
    caption:
      "Statistic over its 5 % limit: the bar holds the middle 90 % of random slices, the dot is the median, the tick the largest. Right of the line the test rejects.",
    width: 880,
    height: 80 + 26 * rows.length,
    marginLeft: 150,
    x: { type: "log", label: "statistic / limit", grid: true, tickFormat: plain },
    y: { label: null, domain: rows.map(({ name }) => name) },
    marks: [
      Plot.ruleX([1], { stroke: colours.bad, strokeDasharray: "4 3" }),
      Plot.ruleY(rows, { y: "name", x1: "low", x2: "high", stroke: colours.mark, strokeWidth: 7, strokeOpacity: 0.45 }),
      Plot.dot(rows, { y: "name", x: "middle", fill: colours.mark, r: 4 }),
      Plot.tickX(rows, { y: "name", x: "most", stroke: colours.mark, inset: 6 }),
    ],
  });
}

/** Sorted samples over the expected order statistics of N(0, 1). */
export function qqPlot(name: string, points: readonly (readonly [number, number])[]): Html {
  const all = points.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const most = Math.max(...points.map(([expected, observed]) => Math.abs(observed - expected)));
  return figure({
    alt: `QQ plot of ${name}: the sample's quantiles are at most ${most.toFixed(2)} from those of N(0, 1).`,
    width: 300,
    height: 230,
    marginLeft: 42,
    grid: true,
    x: { label: "N(0, 1)", ticks: 5 },
    y: { label: "slice", ticks: 5 },
    marks: [
      Plot.line([Math.max(low, -4), Math.min(high, 4)], {
        x: (v: number) => v,
        y: (v: number) => v,
        stroke: colours.second,
        strokeDasharray: "4 3",
      }),
      Plot.dot(points, {
        x: (p: readonly number[]) => p[0],
        y: (p: readonly number[]) => p[1],
        r: 2,
        fill: colours.mark,
      }),
    ],
  });
}

/** Eigenvalues of the two covariances, each over its largest, both axes logarithmic. */
export function spectrumPlot({ projections, features }: Cockpit["spectrum"]): Html {
  const points = [...series("projections", projections), ...series("features", features)];
  const half = (values: readonly number[]): number => values.filter((value) => value > (values[0] ?? 0) / 10).length;
  return figure({
    alt: `Eigenvalues of the covariance. ${half(projections)} of ${projections.length} of the projections and ${half(features)} of ${features.length} of the features are above a tenth of the largest.`,
    caption: "Eigenvalues by rank, each over the largest. Projections that SIGReg holds at N(0, I) are flat.",
    width: 880,
    height: 300,
    marginLeft: 55,
    grid: true,
    x: { type: "log", label: "rank", tickFormat: plain },
    y: { type: "log", label: "eigenvalue / largest", tickFormat: plain },
    marks: [
      Plot.line(points, {
        x: "rank",
        y: "value",
        z: "name",
        stroke: (p: SpectrumPoint) => (p.name === "projections" ? colours.mark : colours.second),
      }),
      Plot.text(
        points,
        Plot.selectLast({ x: "rank", y: "value", z: "name", text: "name", dy: -8, textAnchor: "end", ...halo }),
      ),
    ],
  });
}

interface SpectrumPoint {
  readonly name: string;
  readonly rank: number;
  readonly value: number;
}

function series(name: string, values: readonly number[]): SpectrumPoint[] {
  const [largest = 1] = values;
  return values.map((value, i) => ({ name, rank: i + 1, value: value / largest })).filter(({ value }) => value > 1e-7);
}

/** Invariance over SIGReg as training went on, and the loss. */
export function planePlot(history: readonly HistoryPoint[], expected: number): Html {
  const [first, last] = [history[0] as HistoryPoint, history.at(-1) as HistoryPoint];
  const ends = [
    { ...first, name: `step ${first.step}` },
    { ...last, name: `step ${last.step}` },
  ];
  return figure({
    alt: `Path of training from invariance ${first.invariance.toPrecision(3)} and SIGReg ${first.sigreg.toPrecision(3)} at step ${first.step} to ${last.invariance.toPrecision(3)} and ${last.sigreg.toPrecision(3)} at step ${last.step}.`,
    caption:
      "Bottom left is the goal: views of an image agree and the projections are Gaussian. A path that runs left along the top collapses; one that stays right at the bottom learns noise. The dashed line is SIGReg of N(0, I).",
    width: 880,
    height: 360,
    marginLeft: 55,
    marginRight: 30,
    inset: 24,
    grid: true,
    x: { type: "log", label: "invariance (distance between views)", tickFormat: plain },
    y: { type: "log", label: "SIGReg", tickFormat: plain },
    marks: [
      Plot.ruleY([expected], { stroke: colours.second, strokeDasharray: "4 3" }),
      Plot.line(history, { x: "invariance", y: "sigreg", stroke: colours.mark, strokeOpacity: 0.5 }),
      Plot.dot(history, {
        x: "invariance",
        y: "sigreg",
        r: 2.5,
        fill: colours.mark,
        title: (p: HistoryPoint) => `step ${p.step}, loss ${p.loss.toFixed(3)}`,
      }),
      Plot.dot(ends, { x: "invariance", y: "sigreg", r: 5, fill: colours.second }),
      Plot.text(ends, { x: "invariance", y: "sigreg", text: "name", dy: -11, ...halo }),
    ],
  });
}
