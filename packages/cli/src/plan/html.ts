// The few pieces of HTML that the pages of `plan` and `preview` are made of. Text is escaped here and nowhere else.
import { pageStyle } from "./page-style.ts";

/** A piece of finished HTML. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Html[] | undefined;

/** HTML with its holes filled: strings are escaped, pieces are not. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.reduce((before, text, i) => `${before}${show(parts[i - 1])}${text}`) };
}

function show(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "object") return "html" in part ? part.html : part.map((piece) => piece.html).join("");
  return String(part).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A table. `text`: cells are words; else those from the second column on are numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: "text" | "numbers" = "numbers",
): Html {
  const row = (cells: readonly string[]): Html => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  return html`<table class="${kind}"><thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead><tbody>${rows.map(row)}</tbody></table>`;
}

/** Bars with their names and counts. */
export function bars(entries: readonly { readonly name: string; readonly count: number }[]): Html {
  const largest = Math.max(1, ...entries.map(({ count }) => count));
  const bar = ({ name, count }: { name: string; count: number }): Html => html`
<div class="bar"><span class="name" title="${name}">${name}</span><span class="track"><i style="width:${((100 * count) / largest).toFixed(1)}%"></i></span><span class="count">${count}</span></div>`;
  return html`<div class="bars">${entries.map(bar)}</div>`;
}

/** A histogram as an inline picture, its ends named. Heights are square roots of counts: a peak hides nothing. */
export function histogram(
  { from, to, counts }: { readonly from: number; readonly to: number; readonly counts: readonly number[] },
  name: string,
): Html {
  const largest = Math.max(1, ...counts);
  const points = counts.flatMap((count, i) =>
    [i, i + 1].map((x) => `${x},${(40 - 40 * Math.sqrt(count / largest)).toFixed(2)}`),
  );
  const label = (value: number): string => String(Number(value.toPrecision(5)));
  return html`<figure><figcaption>${name}</figcaption>
<svg viewBox="0 0 ${counts.length} 40" preserveAspectRatio="none" role="img" aria-label="Histogram of ${name}"><polygon points="0,40 ${points.join(" ")} ${counts.length},40"/></svg>
<div class="ends"><span>${label(from)}</span><span>${label(to)}</span></div></figure>`;
}

/** A whole page that needs nothing from elsewhere; `style`: rules beside those of all pages. */
export function htmlDocument(title: string, body: Html, style = ""): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title><style>${pageStyle}${style}</style></head><body>${body.html}</body></html>
`;
}
