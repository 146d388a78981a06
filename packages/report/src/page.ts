// The frame of every page: one self-contained file, no network, no script, light and dark, prints.
import { html, type Html } from "./html.ts";
import { pageStyle } from "./page-style.ts";

/** What a page shows. */
export interface PageParts {
  /** Of the window, and in large letters. */
  readonly title: string;
  /** Below the title, in small ones. */
  readonly subtitle?: string | Html | undefined;
  readonly body: readonly (Html | undefined)[];
  /** What the page's own parts look like, added to the common style. */
  readonly style?: string | undefined;
}

/** The whole page as a document. Its content policy forbids scripts and anything from elsewhere. */
export function page({ title, subtitle, body, style = "" }: PageParts): string {
  const content = html`<header><h1>${title}</h1>${subtitle === undefined ? undefined : html`<p class="soft">${subtitle}</p>`}</header>
<main>${body.filter((part) => part !== undefined)}</main>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${html`${title}`.html}</title><style>${pageStyle}${style}</style></head><body>${content.html}</body></html>
`;
}

/** A large value with its name; `hint` says more when pointed at. */
export function tile(value: string, name: string, hint?: string): Html {
  return html`<div class="tile"${hint === undefined ? undefined : html` title="${hint}"`}><b>${value}</b><span>${name}</span></div>`;
}

/** A row of tiles. */
export function tiles(all: readonly (Html | undefined)[]): Html {
  return html`<div class="tiles">${all.filter((one) => one !== undefined)}</div>`;
}

/** What may be wider than the page: scrolls by itself, and can be reached by keyboard. */
export function wide(content: Html, name: string): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${name}">${content}</div>`;
}
