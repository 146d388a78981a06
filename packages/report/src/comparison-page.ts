// A comparison as a page: the verdict first, then what it rests on. No figures are computed here.
import { type Comparison, differenceText } from "@lejepa/eval";
import type { ComparisonExtras, GalleryEntry } from "./comparison-extras.ts";
import { colourOf, confusionPlot, differencePlot, shotCurves, shotsText } from "./comparison-plots.ts";
import {
  classTable,
  differencesTable,
  estimateText,
  groupTable,
  probeTitle,
  resultsTable,
} from "./comparison-tables.ts";
import { html, type Html, table } from "./html.ts";
import {
  classColour,
  type MapPoint,
  mapPlot,
  numberColour,
  numberPictures,
  numberScale,
  pictureStyles,
} from "./map-plot.ts";
import { page, tile, tiles, wide } from "./page.ts";

/** The whole page. Self-contained: pictures are data URLs, plots are inline vector graphics, there is no script. */
export function comparisonPage(comparison: Comparison, extras: ComparisonExtras = {}): string {
  const { settings, data } = comparison;
  const { rows } = data;
  const mapped = numberPictures((extras.maps ?? []).flatMap(({ points }) => points));
  return page({
    style: pictureStyles(mapped),
    title: "Pretrained on your images, or taken off the shelf?",
    subtitle: `${comparison.encoders.length} encoders on ${rows.train + rows.validation + rows.test} labelled images, ${settings.seeds} ${settings.seeds === 1 ? "draw" : "draws"} of each number of labelled images.`,
    body: [
      verdict(comparison),
      headline(comparison),
      notes(comparison),
      curves(comparison),
      differences(comparison),
      results(comparison),
      confusions(comparison),
      html`<h2>${capital(targetNouns[settings.task])}</h2><p class="soft">${probeTitle(comparison, settings.probe)}, with the most labels.</p>${classTable(comparison)}`,
      groupTable(comparison),
      gallery(comparison, extras),
      maps(comparison, extras, mapped),
      patches(extras),
      costs(comparison),
      dataCard(comparison, extras),
      settingsOf(comparison),
      reproduce(comparison),
      howToRead(comparison),
    ],
  });
}

function verdict({ verdict: { sentence, pairs } }: Comparison): Html {
  const items = pairs.map(
    ({ encoder, baseline, sentence: words, outcome }) =>
      html`<li class="${outcome === "loses" ? "bad" : outcome === "wins" ? "good" : "note"}"><b>${encoder} against ${baseline}</b>: ${words}</li>`,
  );
  return html`<p class="verdict">${capital(sentence)}.</p>${pairs.length > 1 ? html`<ul class="notes">${items}</ul>` : undefined}`;
}

const targetNouns = { classification: "classes", multilabel: "labels", regression: "targets" } as const;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function headline({ encoders, results: all, settings }: Comparison): Html {
  const most = settings.shots.at(-1);
  return tiles(
    encoders.slice(0, 6).map(({ name }) => {
      const found = all.find((one) => one.encoder === name && one.probe === settings.probe && one.shots === most);
      const estimate = found?.metrics[settings.metric];
      const value = estimate === undefined ? "" : estimateText({ ...estimate, low: null, high: null }, settings.metric);
      return tile(value === "" ? "none" : value, name, estimateText(estimate, settings.metric));
    }),
  );
}

function notes({ settings, data: { notes: lines, leftOut } }: Comparison): Html | undefined {
  const all = [
    ...lines,
    ...leftOut.map(
      ({ shots, reason }) =>
        `${shotsText(shots)} ${settings.task === "regression" ? "labelled images" : "shots"} left out: ${reason}`,
    ),
  ];
  if (all.length === 0) return undefined;
  return html`<ul class="notes">${all.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function curves(comparison: Comparison): Html {
  const { settings } = comparison;
  const all = settings.probes.map((probe) => shotCurves(comparison, probe, probeTitle(comparison, probe)));
  return html`<h2>By number of labels</h2><p class="soft">Validation rows choose every setting of a probe; test rows are looked at once.</p>${all}`;
}

function differences(comparison: Comparison): Html | undefined {
  const plot = differencePlot(comparison);
  if (plot === undefined) return undefined;
  return html`<h2>Differences</h2>${plot}${differencesTable(comparison)}`;
}

function results(comparison: Comparison): Html {
  const { settings } = comparison;
  const tables = settings.probes.map((probe) => resultsTable(comparison, probe, settings.metric));
  return html`<h2>Results</h2>${tables}<p class="soft">Every other metric is in the CSV and JSON files beside this page.</p>`;
}

const mostClasses = 40;

function confusions({ details, data, settings }: Comparison): Html | undefined {
  const classes = data.classes.map(({ name }) => name);
  if (settings.task !== "classification" || classes.length > mostClasses) return undefined;
  const plots = details
    .filter(({ probe, confusion }) => probe === settings.probe && confusion !== null)
    .map(({ encoder, confusion }) => confusionPlot(encoder, confusion ?? [], classes));
  return html`<h2>What is taken for what</h2><p class="soft">Rows are the truth, columns what was predicted; the stronger the colour, the larger the share of the row.</p><div class="grid">${plots}</div>`;
}

function gallery(comparison: Comparison, { gallery: entries = [], pictures }: ComparisonExtras): Html | undefined {
  if (entries.length === 0 || pictures === undefined) return undefined;
  const encoders = entries[0]?.nearest.map(({ encoder }) => encoder) ?? [];
  const names = encoders.map((name) => html`<th><b style="color:${colourOf(comparison, name)}">${name}</b></th>`);
  const { task } = comparison.settings;
  const rows = entries.map((entry) => galleryRow(entry, pictures, task !== "regression"));
  const frames =
    task === "regression" ? "" : ` A frame marks those of ${task === "multilabel" ? "other labels" : "another class"}.`;
  return html`<h2>Nearest neighbours</h2><p class="soft">Left a test image, then its nearest training images by each encoder.${frames}</p>
${wide(html`<table class="gallery"><thead><tr><th>test image</th>${names}</tr></thead><tbody>${rows}</tbody></table>`, "Nearest neighbours")}`;
}

function galleryRow({ query, nearest }: GalleryEntry, pictures: ReadonlyMap<number, string>, framed: boolean): Html {
  const show = (row: number, text: string, wrong: boolean): Html =>
    html`<img class="${wrong ? "wrong" : "right"}" src="${pictures.get(row) ?? ""}" alt="${text}" title="${text}" width="56" height="56">`;
  const cells = nearest.map(
    ({ images }) =>
      html`<td>${images.map(({ row, id, label }) => show(row, `${label ?? "no label"}: ${id}`, framed && label !== query.label))}</td>`,
  );
  return html`<tr><td>${show(query.row, `${query.label ?? "no label"}: ${query.id}`, false)}<span>${query.label ?? ""}</span></td>${cells}</tr>`;
}

function maps(
  { data, settings }: Comparison,
  { maps: all = [] }: ComparisonExtras,
  pictures: ReadonlyMap<string, number>,
): Html | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const classes = data.classes.map(({ name }) => name);
  const plots = all.map(({ encoder, points }, number) => mapPlot(encoder, points, { number, classes, pictures }));
  return html`<h2>Maps</h2><p class="soft">${first.points.length} test images by the features of each encoder (${first.method}; distances between far groups mean little). Point at one to see which it is, or go there with Tab and the arrow keys.</p>
<div class="grid">${plots}</div>${mapLegend(first.points, classes, settings.task)}`;
}

function mapLegend(
  points: readonly MapPoint[],
  classes: readonly string[],
  task: Comparison["settings"]["task"],
): Html {
  const scale = numberScale(points);
  const entry = (colour: string, name: string): Html => html`<span><i style="background:${colour}"></i>${name}</span>`;
  const names = classes.slice(0, mostClasses).map((name, i) => entry(classColour(i, classes.length), name));
  if (task === "multilabel") names.push(entry(classColour(-1, 0), "several or none"));
  if (scale === undefined) return html`<p class="legend">${names}</p>`;
  const ends = [...new Set(scale)].map((value) =>
    entry(numberColour(value, scale), String(Number(value.toPrecision(4)))),
  );
  return html`<p class="legend">${classes[0] ?? ""}: ${ends}</p>`;
}

function patches({ patches: all = [] }: ComparisonExtras): Html | undefined {
  if (all.length === 0) return undefined;
  const sections = all.map(({ encoder, images }) => {
    const cells = images.map(
      ({ id, image, patches: picture }) =>
        html`<div><img src="${image}" alt="${id}"><img src="${picture}" alt="patches of ${id}"><span>${id}</span></div>`,
    );
    return html`<h3>${encoder}</h3><div class="sheet">${cells}</div>`;
  });
  return html`<h2>What patches have in common</h2><p class="soft">The first three principal components of the patch tokens, over all pictures of a row, as red, green and blue.</p>${sections}`;
}

function costs({ encoders, timings }: Comparison): Html {
  const keys = [...new Set(encoders.flatMap(({ facts }) => Object.keys(facts)))];
  const rows = encoders.map(({ name, kind, embeddingDim, seeds, facts }) => [
    name,
    kind,
    String(embeddingDim),
    String(seeds),
    ...keys.map((key) => factText(facts[key])),
    `${(timings.probes[name] ?? 0).toFixed(1)} s`,
  ]);
  const remarks = encoders.flatMap(({ name, notes: lines }) =>
    lines.map((line) => html`<li><b>${name}</b>: ${line}</li>`),
  );
  return html`<h2>Encoders and their cost</h2>${wide(table(["encoder", "kind", "features", "seeds", ...keys.map(spaced), "probing"], rows, "text"), "Encoders")}${
    remarks.length === 0 ? undefined : html`<ul class="notes">${remarks}</ul>`
  }`;
}

const factText = (fact: unknown): string =>
  fact === undefined || fact === null
    ? ""
    : typeof fact === "number"
      ? String(Number(fact.toPrecision(4)))
      : String(fact);

// trainSeconds -> train seconds
const spaced = (key: string): string => key.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

const counted = {
  classification: "Images of each class.",
  multilabel: "Images that have the label.",
  regression: "Images of which the value is known.",
} as const;

function dataCard({ data, settings }: Comparison, { dataCard: lines = [] }: ComparisonExtras): Html {
  const { rows, groups, grouped, classes } = data;
  const nouns = targetNouns[settings.task];
  const counts = classes.map(({ name, train, validation, test }) => [
    name,
    String(train),
    String(validation),
    String(test),
  ]);
  const facts = [
    ...lines,
    ["images", `${rows.train} to learn from, ${rows.validation} to choose with, ${rows.test} to test`],
    [
      "groups",
      grouped
        ? `${groups.train}, ${groups.validation} and ${groups.test}, none in two splits`
        : "none: each image is its own",
    ],
  ].map(([name = "", value = ""]) => html`<tr><td>${name}</td><td>${value}</td></tr>`);
  return html`<h2>Data</h2><table class="text"><tbody>${facts}</tbody></table>
<details><summary>${classes.length} ${nouns}</summary><p class="soft">${counted[settings.task]}</p>${wide(table([nouns, "train", "validation", "test"], counts), capital(nouns))}</details>`;
}

function settingsOf({ settings }: Comparison): Html {
  const rows = Object.entries(settings).map(([name, value]) => [
    spaced(name),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return html`<h2>Settings</h2>${table(["setting", "value"], rows, "text")}`;
}

function reproduce({ context }: Comparison): Html | undefined {
  const rows = Object.entries(context).map(([name, value]) => [
    spaced(name),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  if (rows.length === 0) return undefined;
  return html`<h2>To do it again</h2>${table(["what", "value"], rows, "text")}`;
}

function howToRead({ settings, data }: Comparison): Html {
  const unit = data.grouped ? "groups (patients, scenes)" : "images";
  return html`<h2>How to read it</h2><ul>
<li><b>Intervals</b> hold the truth in ${100 * settings.level} % of cases: a bootstrap over test ${unit}, with the draws of labels and the seeds of encoders as a second source of chance.</li>
<li><b>Differences</b> are paired: both encoders see the same test images, draws and resamples, so they can be told apart where their intervals overlap.</li>
<li><b>Holm's correction</b> keeps the chance of any false win among all pairs and shots of a probe below ${(100 * (1 - settings.level)).toFixed(0)} %.</li>
<li><b>No difference</b> is said only when the whole interval lies within ${differenceText(settings.margin, settings.metric)}; else nothing is decided.</li></ul>`;
}
