// Pages in a real browser. Debian's headless Chromium, or the one that LEJEPA_CHROMIUM names; nothing is downloaded.
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

const usual = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
const chosen = process.env["LEJEPA_CHROMIUM"];
const found = chosen === undefined ? usual.find((path) => existsSync(path)) : chosen;

/** Why there is no browser; undefined when there is one. */
export const browserMissing = (): string | undefined =>
  found === undefined ? "no Chromium (Debian: chromium-headless-shell)" : undefined;

/** Starts the browser. */
export function launchBrowser(): Promise<Browser> {
  // root has no sandbox; the pages are our own, from files
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: found as string, args });
}

/** How a page is looked at. */
export interface Look {
  readonly scheme: "light" | "dark";
  readonly width: number;
}

/** An opened page with what it asked for and complained of. */
export interface Opened {
  readonly page: Page;
  /** URLs other than the file itself and data URLs. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), "lejepa-pages-"));

/** Opens a page from a file, as a reader would. */
export async function openPage(browser: Browser, text: string, { scheme, width }: Look): Promise<Opened> {
  const file = join(folder, "page.html");
  writeFileSync(file, text);
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
  const [requests, complaints]: [string[], string[]] = [[], []];
  const url = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) requests.push(request.url());
  });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url, { waitUntil: "load" });
  return { page, requests, complaints };
}

/** What axe-core finds wrong, a line for each element. */
export async function axeFindings(page: Page): Promise<string[]> {
  // evaluated, not added: the page's content policy forbids scripts, and that is to stay so
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    interface Axe {
      run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary.replaceAll(/\s+/g, " ")}`),
    );
  });
}

/** Texts of plots that stand out too little from what is behind them, with their contrast (WCAG 2: 4.5). */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("no canvas");
    const luminance = (colour: string): number => {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0] = Array.from(context.getImageData(0, 0, 1, 1).data, (byte) => {
        const share = byte / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const back = getComputedStyle(document.body).backgroundColor;
    return [...document.querySelectorAll("svg text")].flatMap((text) => {
      text.scrollIntoView({ block: "center" });
      const box = text.getBoundingClientRect();
      const under = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      const cell = under.find((element) => element.tagName === "rect");
      const behind = luminance(cell === undefined ? back : getComputedStyle(cell).fill);
      const own = luminance(getComputedStyle(text).fill);
      const contrast = (Math.max(own, behind) + 0.05) / (Math.min(own, behind) + 0.05);
      return contrast >= 4.5 || text.textContent === "" ? [] : [`${text.textContent}: ${contrast.toFixed(2)}`];
    });
  });
}

/** What Tab reaches from the top of the page on, a description of each, until it leaves the page. */
export async function tabStops(page: Page): Promise<string[]> {
  const stops: string[] = [];
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (element === null || element === document.body) return undefined;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const visible = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1;
      return `${element.tagName.toLowerCase()}${element.className === "" ? "" : `.${element.className}`}${visible ? "" : " unseen"}`;
    });
    if (stop === undefined) break;
    stops.push(stop);
  }
  return stops;
}
