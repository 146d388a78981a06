// The plan as one page: no network, no script, light and dark, prints. Shows counts, distributions and small pictures; of single
// images only their ids.
import { duration } from "../meter.ts";
import { byteSize, short } from "./describe.ts";
import { bars, histogram, html, type Html, htmlDocument, table } from "./html.ts";
import type { PlanDocument } from "./plan-document.ts";
import type { Thumbnail } from "./thumbnails.ts";

const mostRows = 40;

/** The whole page. */
export function planPage(plan: PlanDocument, pictures: readonly Thumbnail[]): string {
  const { dataset } = plan;
  const body = html`<header><h1>Plan: ${dataset.title}</h1>
<p class="soft">What lejepa found in the images, and what training on them would take. License of the images: ${dataset.license}.${dataset.citation === "" ? "" : ` Cite: ${dataset.citation}`}</p></header>
${tiles(plan)}${notes(plan)}${proposals(plan)}${training(plan)}${balance(plan)}${pixels(plan)}${facts(plan)}${duplicates(plan)}${leftOut(plan)}${sheet(plan, pictures)}`;
  return htmlDocument("lejepa plan", body);
}

function tile(value: string, name: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${name}</span></div>`;
}

function tiles({ images, files, classes, groups, splits, timing, cacheBytes }: PlanDocument): Html {
  const { length } = Object.keys(classes);
  return html`<div class="tiles">${tile(String(images), "images")}${tile(byteSize(files.bytes), `in ${files.count} files`)}${tile(String(length), "classes")}${groups === null ? undefined : tile(String(groups.groups), "groups")}${splits === null ? undefined : tile(`${splits.train} / ${splits.validation} / ${splits.test}`, "train / validation / test")}${timing === null ? undefined : tile(duration(timing.seconds), "to train here")}${tile(byteSize(cacheBytes), "decoded, on disk")}</div>`;
}

function notes({ warnings, problem }: PlanDocument): Html {
  const lines = [
    ...(problem === null ? [] : [html`<li class="bad"><b>It would not train as it is.</b> ${problem}</li>`]),
    ...warnings.map((line) => html`<li class="${line.startsWith("Leakage:") ? "bad" : "note"}">${line}</li>`),
  ];
  return html`<h2>Warnings</h2>${lines.length === 0 ? html`<p>None.</p>` : html`<ul class="notes">${lines}</ul>`}`;
}

function proposals({ proposal, augmentation, written }: PlanDocument): Html {
  const rows = proposal.map(
    ({ key, value, now, reason }) =>
      html`<tr><td><code>${key}</code></td><td>${now === null ? "automatic" : JSON.stringify(now)}</td><td><b>${JSON.stringify(value)}</b></td><td>${reason}</td></tr>`,
  );
  const done =
    written !== null && "file" in written
      ? `Written to ${written.file}.`
      : "Take them over with lejepa plan --write, or one by one with --set.";
  const { policy, title, operations, notes: remarks } = augmentation;
  const why = operations.map(({ name, reason }) => html`<tr><td><code>${name}</code></td><td>${reason}</td></tr>`);
  const inapplicable = remarks.map((note) => html`<p class="soft">${note}</p>`);
  return html`<h2>Views</h2><p>Augmentation policy <b>${policy}</b>: ${title}.</p>
<div class="wide"><table class="text"><thead><tr><th>operation</th><th>because</th></tr></thead><tbody>${why}</tbody></table></div>${inapplicable}
<h2>Proposed settings</h2>
${proposal.length === 0 ? html`<p>The configuration suits the images.</p>` : html`<div class="wide"><table class="text"><thead><tr><th>setting</th><th>now</th><th>proposed</th><th>because</th></tr></thead><tbody>${rows}</tbody></table></div><p class="soft">${done}</p>`}`;
}

function training({ config, steps, timing, timed, decodeSeconds, machine }: PlanDocument): Html {
  const { encoder, views, schedule, batchSize, objective, device } = config;
  const locals = views.locals > 0 ? ` and ${views.locals} of ${views.localSize} px` : "";
  const rows = [
    ["encoder", `${encoder.name} on ${device}`],
    ["views of each image", `${views.globals} of ${views.globalSize} px${locals}`],
    [
      "crops cover",
      `${views.globalScale.join(" to ")}${views.locals > 0 ? `, local ${views.localScale.join(" to ")}` : ""} of the area`,
    ],
    ["schedule", `${schedule.epochs} epochs in batches of ${batchSize}: ${steps} steps`],
    ["lambda", String(objective.lambda)],
    ...(timing === null
      ? []
      : [
          [
            "speed",
            `${timing.imagesPerSecond.toFixed(0)} images/s over ${timing.measuredSteps} steps${timed === "proposal" ? ", with the proposed settings" : ""}`,
          ],
          ["memory", `${byteSize(timing.memoryMiB * 2 ** 20)} of ${byteSize(machine.memoryMiB * 2 ** 20)}`],
        ]),
    ...(decodeSeconds === null ? [] : [["decoding", `about ${duration(decodeSeconds)}, once`]]),
  ];
  return html`<h2>Training</h2><table class="text"><tbody>${rows.map(([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>`)}</tbody></table>`;
}

function balance({ classes: counts, unlabelled, groups }: PlanDocument): Html {
  const entries = Object.entries(counts).map(([name, count]) => ({ name, count }));
  if (unlabelled > 0) entries.push({ name: "without a label", count: unlabelled });
  const line =
    groups === null
      ? undefined
      : html`<p>${groups.groups} groups of ${groups.smallest} to ${groups.largest} images (median ${groups.median}); the largest holds ${(100 * groups.largestShare).toFixed(1)} %.${groups.ungrouped > 0 ? ` ${groups.ungrouped} images have none.` : ""}</p>`;
  return html`<h2>Classes and groups</h2>${bars(entries.slice(0, mostRows))}${entries.length > mostRows ? html`<p class="soft">and ${entries.length - mostRows} more</p>` : undefined}${line}`;
}

function pixels({ channels, channelNames, sample, stored, pixels: found }: PlanDocument): Html {
  const name = (i: number): string => channelNames?.[i] ?? `channel ${i}`;
  const rows = channels.map(({ mean, std, min, max, percentiles: p }, i) => [
    name(i),
    ...[mean, std, min, p.p1, p.p25, p.p50, p.p75, p.p99, max].map(short),
  ]);
  return html`<h2>Pixels</h2><p class="soft">Of ${sample.decoded} decoded images, ${stored.size} x ${stored.size} ${stored.dtype}, in the dataset's own values. Without data: ${(100 * found.invalidShare).toFixed(1)} %.</p>
<div class="wide">${table(["", "mean", "std", "min", "1 %", "25 %", "median", "75 %", "99 %", "max"], rows)}</div>
<p class="soft">Heights are square roots of counts.</p><div class="charts">${channels.map(({ histogram: counts }, i) => histogram(counts, name(i)))}</div>`;
}

function facts({ facts: counts, factsOf, images }: PlanDocument): Html | undefined {
  if (counts.length === 0) return undefined;
  const one = counts.map(({ name, values, distinct, range }) => {
    const shown =
      range !== undefined && distinct > 8
        ? html`<p>${range.min} to ${range.max}, median ${range.median}</p>`
        : bars(values.slice(0, 8).map(({ value, count }) => ({ name: String(value), count })));
    return html`<div><h3>${name}</h3>${shown}${range === undefined && distinct > 8 ? html`<p class="soft">and ${distinct - 8} more values</p>` : undefined}</div>`;
  });
  return html`<h2>Facts of the files</h2><p class="soft">Of ${factsOf}${factsOf < images ? ` of ${images}` : ""} images.</p><div class="facts">${one}</div>`;
}

function duplicates({ duplicates: { exact, near, moreNear, surplus, looked, acrossSplits } }: PlanDocument): Html {
  const line = html`<p>${surplus} files are copies of others; ${moreNear ? "at least " : ""}${near.length} pairs look alike among ${looked} images compared; ${acrossSplits} of these sets lie in two splits.</p>`;
  const rows = [
    ...exact.map(({ ids, splits }) => [ids.slice(0, 6).join(", "), "equal files", splits.join(", ")]),
    ...near.map(({ ids, splits, correlation }) => [
      ids.join(", "),
      `alike (${correlation.toFixed(4)})`,
      splits.join(", "),
    ]),
  ];
  return html`<h2>Duplicates</h2>${line}${rows.length === 0 ? undefined : html`<div class="wide">${table(["images", "how", "splits"], rows.slice(0, mostRows), "text")}</div>`}`;
}

function leftOut({ skipped, failures, notes: remarks, sample }: PlanDocument): Html | undefined {
  const rows = [
    ...skipped.map(({ reason, count, examples }) => [`left out: ${reason}`, examples.join(", "), String(count)]),
    ...failures.slice(0, mostRows).map(({ id, reason }) => [`unreadable: ${reason}`, id, "1"]),
    ...Object.entries(remarks).map(([note, count]) => [note, `of ${sample.decoded} decoded`, String(count)]),
  ];
  if (rows.length === 0) return undefined;
  return html`<h2>Left out, unreadable, remarked</h2><div class="wide">${table(["what", "which", "images"], rows, "text")}</div>`;
}

function sheet({ images }: PlanDocument, pictures: readonly Thumbnail[]): Html | undefined {
  if (pictures.length === 0) return undefined;
  const picture = ({ url, label }: Thumbnail): Html =>
    html`<div><img src="${url}" alt=""><span>${label ?? ""}</span></div>`;
  return html`<h2>Some of the images</h2><p class="soft">${pictures.length} of ${images}, as decoded.</p><div class="sheet">${pictures.map(picture)}</div>`;
}
