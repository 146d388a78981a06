// Plots as vector graphics in the page's own colours, made without a browser. Which plots there are is the pages' business.
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { html, type Html } from "./html.ts";
import { wide } from "./page.ts";

/** Colours of the page's style, which change with light and dark. */
export const colours = {
  mark: "var(--mark)",
  second: "var(--second)",
  soft: "var(--soft)",
  line: "var(--line)",
  bad: "var(--bad)",
} as const;

/** What a plot needs besides its marks. */
export interface FigureOptions extends Omit<Plot.PlotOptions, "document" | "className" | "style" | "caption"> {
  /** What the plot shows, in words, for those who do not see it. */
  readonly alt: string;
  readonly caption?: string | undefined;
}

/** A figure with a plot. */
export function figure({ alt, caption, ...options }: FigureOptions): Html {
  const { document } = parseHTML("<!doctype html><body></body>");
  // room for labels in the page's font, which is larger than the library's
  const room = { marginTop: 30, marginBottom: 44 };
  const drawn = Plot.plot({ ...room, ...options, document, className: "plot" });
  // its styles are the page's; a style for each plot would repeat them
  for (const style of drawn.querySelectorAll("style")) style.remove();
  // its children are drawing, not text to be read: names are not allowed on them
  for (const part of drawn.querySelectorAll("g[aria-label]")) part.removeAttribute("aria-label");
  const svg = { html: drawn.outerHTML.replace("<svg ", () => html`<svg role="img" aria-label="${alt}" `.html) };
  // on a narrow screen a large plot scrolls rather than shrinks until nothing can be read
  const large = (options.width ?? 0) > 500;
  const shown = large ? wide(svg, alt.split(/[.;]/)[0] ?? alt) : svg;
  return html`<figure>${shown}${caption === undefined ? undefined : html`<figcaption>${caption}</figcaption>`}</figure>`;
}
