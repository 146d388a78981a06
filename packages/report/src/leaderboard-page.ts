// The leaderboard as a page: the table, and where accuracies are known, how well the score ranks the runs.
import { describeAgreement, type Leaderboard, leaderboardCells, type LeaderboardEntry } from "@lejepa/eval";
import * as Plot from "@observablehq/plot";
import { html, type Html, table } from "./html.ts";
import { page, tile, tiles, wide } from "./page.ts";
import { colours, figure } from "./plot.ts";

/** The whole page. */
export function leaderboardPage(board: Leaderboard): string {
  const { entries, notes } = board;
  return page({
    title: "Leaderboard without labels",
    subtitle: "Runs by training loss / lambda^0.4 (LeJEPA, arXiv:2511.08544, section 6.2): lower is better.",
    body: [headline(board), notesOf(notes), entriesOf(entries), agreementOf(board), termsOf(entries), howToRead],
  });
}

function headline({ entries, agreement }: Leaderboard): Html {
  const [best] = entries;
  const score = agreement.find(({ measure }) => measure === "label-free score");
  return tiles([
    tile(best?.name ?? "none", "best by the score"),
    tile(best?.score.toFixed(3) ?? "", "its score"),
    tile(String(entries.length), entries.length === 1 ? "run" : "runs"),
    score && tile(score.rho.toFixed(2), `Spearman with accuracy, n = ${score.n}`),
  ]);
}

function notesOf(notes: readonly string[]): Html | undefined {
  if (notes.length === 0) return undefined;
  return html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}

function entriesOf(entries: readonly LeaderboardEntry[]): Html {
  const head = ["run", "score", "loss", "lambda", "RankMe", "LiDAR", "alpha-ReQ", "SIGReg held out", "linear", "kNN"];
  const problems = entries.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [html`<li>${name}: ${problem}</li>`],
  );
  const [{ measures } = {}] = entries;
  const about =
    measures === undefined
      ? "The score alone: no images were looked at."
      : `Measured on ${measures.images} images that were not trained on, ${measures.views} views of each, SIGReg over ${measures.sigregSamples} at a time: of N(0, I) it would be ${measures.sigregExpected.toFixed(2)}. Accuracies are balanced.`;
  return html`<h2>Runs</h2><p class="soft">${about}</p>${wide(table(head, entries.map(leaderboardCells)), "Runs")}${
    problems.length === 0 ? undefined : html`<ul class="notes">${problems}</ul>`
  }`;
}

function agreementOf({ entries, agreement }: Leaderboard): Html | undefined {
  const points = entries.flatMap(({ name, score, accuracy }) =>
    accuracy === undefined ? [] : [{ name, score, accuracy: 100 * accuracy.linear }],
  );
  if (points.length < 2) return undefined;
  const lines = agreement.map((one) => html`<li>${describeAgreement(one)}</li>`);
  return html`<h2>Score and accuracy</h2>${figure({
    alt: `Scatter plot of ${points.length} runs: label-free score against the linear probe's balanced accuracy. ${points.map(({ name, score, accuracy }) => `${name}: ${score.toFixed(2)}, ${accuracy.toFixed(1)} %`).join("; ")}.`,
    caption: "Each run once. A score that ranks runs as labels would falls from left to right.",
    width: 720,
    height: 340,
    marginLeft: 50,
    grid: true,
    inset: 24,
    x: { label: "label-free score", nice: true },
    y: { label: "linear probe, balanced accuracy, %", nice: true },
    marks: [
      Plot.dot(points, { x: "score", y: "accuracy", r: 4, fill: colours.mark, title: "name" }),
      Plot.text(points, { x: "score", y: "accuracy", text: "name", dy: -9, fill: "currentColor" }),
    ],
  })}${
    lines.length === 0
      ? undefined
      : html`<p>Spearman's rho of each measure with the accuracy of the linear probe (1: the same order):</p><ul>${lines}</ul>`
  }`;
}

function termsOf(entries: readonly LeaderboardEntry[]): Html | undefined {
  const points = entries.flatMap(({ name, measures }) =>
    measures === undefined || !Number.isFinite(measures.sigreg)
      ? []
      : [{ name, sigreg: measures.sigreg, within: 100 * measures.withinShare, expected: measures.sigregExpected }],
  );
  const [first] = points;
  if (first === undefined) return undefined;
  return html`<h2>The two terms on images not trained on</h2>${figure({
    alt: `Scatter plot of ${points.length} runs: share of the variance between views of one image against SIGReg. ${points.map(({ name, sigreg, within }) => `${name}: ${within.toFixed(0)} %, ${sigreg.toFixed(2)}`).join("; ")}.`,
    caption: "Bottom left is better on both. The dashed line is what embeddings of N(0, I) have on average.",
    width: 720,
    height: 340,
    marginLeft: 50,
    grid: true,
    inset: 24,
    x: { label: "variance between views of one image, %", nice: true },
    y: { label: "SIGReg", nice: true, type: "log" },
    marks: [
      Plot.ruleY([first.expected], { stroke: colours.second, strokeDasharray: "4 3" }),
      Plot.dot(points, { x: "within", y: "sigreg", r: 4, fill: colours.mark, title: "name" }),
      Plot.text(points, { x: "within", y: "sigreg", text: "name", dy: -9, fill: "currentColor" }),
    ],
  })}`;
}

const howToRead = html`<h2>How to read it</h2><ul>
<li><b>Score</b>: mean training loss of the last epoch over lambda^0.4. Comparable only at equal batch, views, slices and images; other runs are refused.</li>
<li><b>RankMe</b>, <b>LiDAR</b>: how many dimensions the features use, of whole images, and in which images differ more than their views. More is usually better.</li>
<li><b>alpha-ReQ</b>: how fast the spectrum falls; near 1 is usual for good features.</li>
<li><b>SIGReg held out</b>: how far projections of new images are from N(0, I).</li></ul>`;
