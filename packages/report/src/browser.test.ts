// The pages in a real browser: nothing is fetched, nothing complains, everything can be read and reached.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEngine } from "@lejepa/engine";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { axeFindings, browserMissing, faintTexts, launchBrowser, openPage, tabStops } from "./_chromium.test-helper.ts";
import { madeComparison, madeExtras } from "./_comparison.test-helper.ts";
import { board, cockpit } from "./_documents.test-helper.ts";
import { cockpitPage, comparisonPage, leaderboardPage, pictureRows } from "./index.ts";

const names = ["comparison", "labels", "numbers", "leaderboard", "cockpit"] as const;
const pages = new Map<string, string>();
let browser: Browser | undefined;

const missing = browserMissing();

describe("in Chromium", () => {
  beforeEach(({ skip }) => skip(missing !== undefined, missing));
  beforeAll(async () => {
    if (missing !== undefined) return;
    browser = await launchBrowser();
    const engine = await createEngine({ threads: 1 });
    const extras = await madeExtras(engine);
    pages.set("comparison", comparisonPage(await madeComparison(), extras));
    pages.set("labels", comparisonPage(await madeComparison("multilabel"), extras));
    const numbers = await madeExtras(engine, "regression");
    pages.set("numbers", comparisonPage(await madeComparison("regression"), numbers));
    const [picture] = extras.pictures?.values() ?? [];
    await engine.dispose();
    pages.set("leaderboard", leaderboardPage(board));
    pages.set("cockpit", cockpitPage(cockpit, new Map(pictureRows(cockpit).map((row) => [row, picture as string]))));
    keepPages();
  }, 240_000);
  afterAll(() => browser?.close());

  const looks = names.flatMap((name) => (["light", "dark"] as const).map((scheme) => [name, scheme] as const));

  test.each(looks)(
    "%s, %s: fetches nothing, complains of nothing, fits wide and narrow windows, passes axe",
    async (name, scheme) => {
      const { page, requests, complaints } = await openPage(browser as Browser, textOf(name), { scheme, width: 1200 });
      for (const width of [1200, 400]) {
        await page.setViewportSize({ width, height: 900 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide, `${width} pixels`).toBeLessThanOrEqual(width);
      }
      expect(await axeFindings(page)).toEqual([]);
      expect(await faintTexts(page)).toEqual([]);
      expect([requests, complaints]).toEqual([[], []]);
      await page.close();
    },
  );

  const look = { scheme: "light", width: 1200 } as const;

  test.each(names)("%s: Tab reaches everything that scrolls or opens, and shows where it is", async (name) => {
    const { page } = await openPage(browser as Browser, textOf(name), look);
    // a table in a closed part waits until that is opened
    await page.locator("details").evaluateAll((all) => {
      for (const one of all) (one as HTMLDetailsElement).open = true;
    });
    const parts = await page.evaluate(() => ({
      regions: document.querySelectorAll('[tabindex="0"]').length,
      details: document.querySelectorAll("summary").length,
      maps: document.querySelectorAll('[role="radiogroup"]').length,
    }));
    const stops = await tabStops(page);
    expect(stops.filter((stop) => stop.endsWith("unseen"))).toEqual([]);
    const reached = (start: string): number => stops.filter((stop) => stop.startsWith(start)).length;
    expect({ regions: reached("div.wide"), details: reached("summary"), maps: reached("input") }).toEqual(parts);
    expect(parts.regions).toBeGreaterThan(0);
    await page.close();
  });

  test("a map shows the card of the image that is pointed at or reached by arrow keys, inside the window", async () => {
    for (const width of [1200, 400]) {
      const { page, requests } = await openPage(browser as Browser, textOf("comparison"), { scheme: "dark", width });
      const spots = page.locator(".map >> nth=0").locator(".spot");
      expect(await spots.count()).toBe(80);
      for (const at of [0, 79]) {
        const spot = spots.nth(at);
        const card = spot.locator(".card");
        expect(await card.isVisible()).toBe(false);
        await spot.locator("input").hover({ force: true });
        expect(await card.isVisible()).toBe(true);
        expect(await card.innerText()).toMatch(
          /^(edge-on|elliptical|merger|spiral)\s+image-\d+\.png\s+group group-\d+$/,
        );
        const box = await card.boundingBox();
        expect(box?.x).toBeGreaterThanOrEqual(0);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
        const picture = card.locator(".picture");
        expect(await picture.evaluate((element) => getComputedStyle(element).backgroundImage)).toContain(
          "data:image/webp",
        );
      }
      await spots.nth(0).locator("input").focus();
      await page.keyboard.press("ArrowRight");
      expect(await spots.nth(1).locator(".card").isVisible()).toBe(true);
      expect(await page.locator(".card:visible").count()).toBeLessThanOrEqual(2);
      expect(requests).toEqual([]);
      await page.close();
    }
  });

  test.each(names)("%s prints", async (name) => {
    const { page } = await openPage(browser as Browser, textOf(name), look);
    const paper = await page.pdf({ format: "A4", printBackground: true });
    expect(paper.subarray(0, 5).toString("latin1")).toBe("%PDF-");
    expect(paper.length).toBeGreaterThan(20_000);
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 700, height: 1000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(700);
    await page.close();
  });

  test("the checks find faint text, missing names and what a page asks for", async () => {
    const text = `<!doctype html><html lang="en"><head><title>x</title></head><body style="background:#fff"><main>
<h1>x</h1><p style="color:#aaa">faint</p><img src="http://127.0.0.1:9/x.png"><svg width="90" height="30">
<text y="20" fill="#ccc">faint</text></svg><button style="outline:none">x</button></main></body></html>`;
    const { page, requests, complaints } = await openPage(browser as Browser, text, look);
    const findings = await axeFindings(page);
    expect(findings.map((line) => line.split(":")[0]).sort()).toEqual(["color-contrast", "image-alt"]);
    expect(await faintTexts(page)).toEqual([expect.stringMatching(/^faint: 1\.\d+$/) as string]);
    expect(await tabStops(page)).toEqual(["button unseen"]);
    expect(requests).toEqual(["http://127.0.0.1:9/x.png"]);
    expect(complaints).toHaveLength(1);
    await page.close();
  });
});

// for a look at them
function keepPages(): void {
  const folder = process.env["LEJEPA_PAGES"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(folder, `${name}.html`), text);
}

const textOf = (name: string): string => pages.get(name) as string;
