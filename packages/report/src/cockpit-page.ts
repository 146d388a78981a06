// The Gaussianity cockpit as a page: the verdict, the alarms with their causes, then what they rest on.
import type { Cockpit } from "@lejepa/eval";
import { planePlot, qqPlot, spectrumPlot, testsPlot } from "./cockpit-plots.ts";
import { html, type Html, table } from "./html.ts";
import { page, tile, tiles, wide } from "./page.ts";

/** Data URLs of pictures by the row of the store; none: the page names images by id only. */
export type Pictures = ReadonlyMap<number, string>;

/** The whole page. */
export function cockpitPage(cockpit: Cockpit, pictures: Pictures): string {
  const { run, step, settings } = cockpit;
  return page({
    title: `Gaussianity of ${run}, step ${step}`,
    subtitle: `${settings.encoder}, lambda ${settings.lambda}, batch ${settings.batch}, ${settings.views} views, ${settings.slices} slices.`,
    body: [
      html`<p class="verdict">${cockpit.verdict}</p>`,
      headline(cockpit),
      alarms(cockpit, pictures),
      tests(cockpit),
      worst(cockpit, pictures),
      spectrum(cockpit),
      plane(cockpit),
      howToRead(cockpit),
    ],
  });
}

/** Rows of the store that the page has room for. */
export function pictureRows({ worst: slices, alarms: found }: Cockpit): number[] {
  const ends = slices.flatMap(({ low, high }) => [...low, ...high]);
  return [...new Set([...ends, ...found.flatMap(({ images }) => images)].map(({ row }) => row))];
}

const show = (value: number | null, digits: number): string => (value === null ? "none" : value.toFixed(digits));
const percent = (value: number | null): string => (value === null ? "" : `${(100 * value).toFixed(0)} %`);

function headline({ sample, measures, tests: all }: Cockpit): Html {
  const rejected = all.find(({ name }) => name === "epps-pulley")?.rejected ?? null;
  return tiles([
    tile(String(sample.images), sample.heldOut ? "images not trained on" : "training images"),
    tile(percent(rejected) || "none", "of slices reject (5 % by chance)"),
    tile(
      show(measures.sigreg, 2),
      `SIGReg of ${measures.sigregSamples} (N(0, I): ${measures.sigregExpected.toFixed(2)})`,
    ),
    tile(percent(measures.withinShare) || "none", "of variance between views of an image"),
    tile(show(measures.effectiveRank, 1), "effective rank of the features"),
  ]);
}

function alarms({ alarms: found }: Cockpit, pictures: Pictures): Html {
  if (found.length === 0) return html`<h2>Alarms</h2><p>None of the rules for collapse fired.</p>`;
  const items = found.map(
    ({ where, finding, causes, images }) =>
      html`<li class="bad"><b>${finding}</b> <span class="soft">(${where})</span><br>Likely: ${causes.join("; ")}.${
        images.length === 0
          ? undefined
          : strip(
              images.map(({ row, id }) => ({ row, id, note: id })),
              pictures,
            )
      }</li>`,
  );
  return html`<h2>Alarms</h2><ul class="notes">${items}</ul>`;
}

function tests({ tests: all, sample }: Cockpit): Html | undefined {
  if (all.length === 0) return undefined;
  const rows = all.map(({ name, kind, median, critical, largest, rejected }) => [
    name,
    kind === "univariate" ? "slices" : "all dimensions",
    number(median),
    number(critical.five),
    number(critical.one),
    kind === "univariate" ? number(largest) : "",
    kind === "univariate" ? percent(rejected) : rejected === null ? "" : rejected === 1 ? "yes" : "no",
  ]);
  const head = ["test", "of", "median", "limit 5 %", "limit 1 %", "largest", "rejects"];
  const of = sample.form === "view" ? "one view of each image, drawn as in training" : "whole images, not augmented";
  return html`<h2>All tests of normality</h2><p class="soft">On ${of}: ${sample.slices} random slices of ${sample.dim} dimensions, against N(0, 1) with nothing estimated. Where no limit is given, the tables do not reach.</p>
${testsPlot(all)}${wide(table(head, rows), "Tests of normality")}`;
}

const number = (value: number | null): string => (value === null ? "" : String(Number(value.toPrecision(3))));

function worst({ worst: slices }: Cockpit, pictures: Pictures): Html | undefined {
  if (slices.length === 0) return undefined;
  const cards = slices.map((slice, i) => {
    const { kind, index, mean, std, ratios, low, high, qq } = slice;
    const name = kind === "axis" ? `dimension ${index}` : `random slice ${index}`;
    const failed = Object.entries(ratios).filter(([, ratio]) => ratio === null || ratio > 1);
    const ends = (title: string, images: typeof low): Html =>
      html`<p class="soft">${title}</p>${strip(
        images.map(({ row, id, value }) => ({ row, id, note: value.toFixed(2) })),
        pictures,
      )}`;
    return html`<section class="slice"><h3>${i + 1}. ${name}</h3>${qqPlot(name, qq)}<p>Mean ${mean.toFixed(2)}, standard deviation ${std.toFixed(2)}; ${failed.length} of ${Object.keys(ratios).length} tests reject at 5 %.</p>${ends("Lowest", low)}${ends("Highest", high)}</section>`;
  });
  return html`<h2>Worst slices</h2><p class="soft">By Epps-Pulley, none close to another, with the images at their ends: what these have in common is what the slice is about. Points on the line would be normal.</p><div class="slices">${cards}</div>`;
}

function strip(images: readonly { row: number; id: string; note: string }[], pictures: Pictures): Html {
  const one = images.map(({ row, id, note }) => {
    const url = pictures.get(row);
    const picture = url === undefined ? html`<code>${id}</code>` : html`<img src="${url}" alt="${id}" title="${id}">`;
    return html`<div>${picture}<span>${note}</span></div>`;
  });
  return html`<div class="sheet">${one}</div>`;
}

function spectrum({ spectrum: found, measures }: Cockpit): Html | undefined {
  if (found.projections.length === 0) return undefined;
  return html`<h2>Spectrum of the covariance</h2>${spectrumPlot(found)}<p>Features: RankMe ${show(measures.rankMe, 1)}, LiDAR ${show(measures.lidar, 1)}, alpha-ReQ ${show(measures.alphaReQ, 2)}.</p>`;
}

function plane({ history, measures }: Cockpit): Html | undefined {
  if (history.length < 2) return undefined;
  return html`<h2>The two terms of the loss over training</h2>${planePlot(history, measures.sigregExpected)}`;
}

function howToRead({ sample }: Cockpit): Html {
  return html`<h2>How to read it</h2><ul>
<li>SIGReg wants the projections (the projector's outputs) to be N(0, I); the features are the encoder's, which are used later and may have any shape.</li>
<li>The model is in evaluation mode (running statistics of its batch norms). ${sample.form === "view" ? "Each image is seen through its first view, drawn as in training." : "Each image is seen whole."}</li>
<li>With many images the tests see small departures that do not matter: look at the QQ plots and at the images, not at rejections alone.</li></ul>`;
}
