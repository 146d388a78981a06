// The preview as one page: no network, no script, light and dark, prints. Of single images it shows decoded pixels and their ids.
import { html, type Html, page, table } from "@lejepa/report";
import type { BandCounts } from "./measure.ts";
import type { ItemPictures } from "./pictures.ts";
import type { Difficulty, PreviewDocument } from "./preview-document.ts";

const style = `
.views { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); gap: .8rem; margin: .6rem 0 1.6rem; } .views figure { min-width: 0; } .views img { width: 128px; max-width: 100%; display: block; border-radius: .25rem; image-rendering: pixelated; background: var(--card); } .views figcaption b { color: var(--text); } .views figcaption span { display: block; overflow-wrap: anywhere; font-size: .78rem; line-height: 1.35; }
svg polyline { fill: none; stroke: var(--warn); stroke-width: 2; vector-effect: non-scaling-stroke; } .key i { display: inline-block; width: .8rem; height: .8rem; background: var(--mark); vertical-align: -.1rem; } .key i.after { background: var(--warn); height: .2rem; vertical-align: .2rem; }
`;

/** The whole page. */
export function previewPage(document: PreviewDocument, pictures: readonly ItemPictures[]): string {
  const { dataset, augmentation, items } = document;
  return page({
    title: `Views: ${dataset.title}`,
    subtitle: html`What training would see with the policy <b>${augmentation.policy}</b> (${augmentation.title}). ${items.length} images of a seeded sample, epoch 0, seed ${document.seed}; shown ${document.shown}, ${short(document.stored.range[0])} as black, ${short(document.stored.range[1])} as white. License of the images: ${dataset.license}.`,
    body: [advice(document), difficulty(document), sheet(document, pictures), policy(document), histograms(document)],
    style,
  });
}

const short = (value: number): string => String(Number(value.toPrecision(5)));
const two = (value: number): string => value.toFixed(2);

function advice({ advice: lines }: PreviewDocument): Html {
  return html`<h2>Advice</h2>${lines.length === 0 ? html`<p>Nothing stands out.</p>` : html`<ul class="notes">${lines.map((words) => html`<li class="note">${words}</li>`)}</ul>`}`;
}

function difficulty({ difficulty: found, objectArea, emptyLocals, invalidShare }: PreviewDocument): Html {
  const row = (name: string, of: Difficulty): string[] => [
    name,
    `${two(of.auroc)}${of.halfWidth === null ? "" : ` ± ${two(of.halfWidth)}`}`,
    two(of.lowest),
    `${two(of.same.median)} (${two(of.same.p5)} to ${two(of.same.p95)})`,
    `${two(of.different.median)} (${two(of.different.p5)} to ${two(of.different.p95)})`,
  ];
  const rows = [
    ...(found.globals === null
      ? []
      : [
          row("two global views, pixels", found.globals.pixels),
          row("two global views, features", found.globals.features),
        ]),
    ...(found.globalWithLocal === null
      ? []
      : [
          row("global and local, pixels", found.globalWithLocal.pixels),
          row("global and local, features", found.globalWithLocal.features),
        ]),
  ];
  const object =
    objectArea === null
      ? "No object on a plain background was found."
      : `The object covers about ${(100 * objectArea).toFixed(0)} % of the image.`;
  return html`<h2>How hard are the views?</h2><p class="soft">Of ${found.images} images: can two views of one image be told from views of two images by their cosine? AUROC, 0.5 by chance, 1 without error, mean over images and 95 % interval; cosines as median (5 % to 95 %). Pixels: averaged over 8 x 8 cells. Features: of ${found.encoder} with random weights.</p>
<div class="wide">${table(["", "AUROC", "of the worst image", "cosine, same image", "cosine, different images"], rows)}</div>
<p>${object} Local views with next to no contrast: ${(100 * emptyLocals).toFixed(0)} %. Pixels of views without data: ${(100 * invalidShare).toFixed(0)} %.</p>`;
}

function sheet({ items }: PreviewDocument, pictures: readonly ItemPictures[]): Html {
  const image = (png: Buffer): Html => html`<img src="data:image/png;base64,${png.toString("base64")}" alt="">`;
  const one = ({ id, views }: PreviewDocument["items"][number], { original, views: drawn }: ItemPictures): Html =>
    html`<div class="views"><figure>${image(original)}<figcaption><b>original</b><span>${id}</span></figcaption></figure>${views.map(
      ({ group, view, words }, i) =>
        html`<figure>${image(drawn[i] as Buffer)}<figcaption><b>${group} ${view + 1}</b>${words.map((word) => html`<span>${word}</span>`)}</figcaption></figure>`,
    )}</div>`;
  return html`<h2>Views</h2>${items.map((item, i) => one(item, pictures[i] as ItemPictures))}`;
}

function policy({ augmentation, views, border }: PreviewDocument): Html {
  const { operations, never, notes, sources, viewsReason } = augmentation;
  const settings = (name: string): string =>
    JSON.stringify(views[0]?.operations[name as keyof (typeof views)[number]["operations"]] ?? {})
      .replaceAll(/["{}]/g, "")
      .replaceAll(",", ", ")
      .replaceAll(":", " ");
  const crops = views
    .map(
      ({ name, views: count, size, scale }) =>
        `${count} ${name} of ${size} px from ${scale.map((share) => `${short(100 * share)} %`).join(" to ")} of the area`,
    )
    .join("; ");
  const rows = operations.map(
    ({ name, reason }) => html`<tr><td><code>${name}</code></td><td>${settings(name)}</td><td>${reason}</td></tr>`,
  );
  const refused = Object.entries(never).map(
    ([name, reason]) => html`<tr><td><code>${name}</code></td><td>${reason}</td></tr>`,
  );
  return html`<h2>Policy ${augmentation.policy}</h2><p>${crops}; outside the image: ${border}.${viewsReason === null ? "" : ` Because ${viewsReason}.`}</p>
<div class="wide"><table class="text"><thead><tr><th>operation</th><th>settings</th><th>because</th></tr></thead><tbody>${rows}</tbody></table></div>
${notes.map((note) => html`<p class="soft">${note}</p>`)}
${refused.length === 0 ? undefined : html`<h2>Never</h2><div class="wide"><table class="text"><thead><tr><th>operation</th><th>because</th></tr></thead><tbody>${refused}</tbody></table></div>`}
${sources.length === 0 ? undefined : html`<p class="soft">Sources: ${sources.join("; ")}.</p>`}`;
}

function histograms({ histograms: channels }: PreviewDocument): Html {
  const figure = ({ name, before, after }: PreviewDocument["histograms"][number]): Html =>
    html`<figure><figcaption>${name}</figcaption>${curves(name, before, after)}<div class="ends"><span>black</span><span>white</span></div></figure>`;
  const rows = channels.map(({ name, before, after }) => [
    name,
    ...[before, after].flatMap(({ mean, std, clipped }) => [
      mean.toFixed(3),
      std.toFixed(3),
      `${(100 * clipped).toFixed(1)} %`,
    ]),
  ]);
  return html`<h2>Values before and after</h2><p class="soft key"><i></i> images as stored &nbsp; <i class="after"></i> all views. Heights are square roots of shares; black is 0, white is 1.</p>
<div class="charts">${channels.map(figure)}</div>
<div class="wide">${table(["", "mean", "std", "clipped", "views: mean", "std", "clipped"], rows)}</div>`;
}

function curves(name: string, before: BandCounts, after: BandCounts): Html {
  const heights = ({ counts }: BandCounts): number[] => {
    const all = Math.max(
      1,
      counts.reduce((a, b) => a + b, 0),
    );
    return counts.map((count) => Math.sqrt(count / all));
  };
  const [first, second] = [heights(before), heights(after)];
  const largest = Math.max(1e-9, ...first, ...second);
  const points = (values: readonly number[]): string =>
    values.flatMap((value, i) => [i, i + 1].map((x) => `${x},${(40 - (40 * value) / largest).toFixed(2)}`)).join(" ");
  return html`<svg viewBox="0 0 ${first.length} 40" preserveAspectRatio="none" role="img" aria-label="Histogram of ${name} before and after"><polygon points="0,40 ${points(first)} ${first.length},40"/><polyline points="${points(second)}"/></svg>`;
}
