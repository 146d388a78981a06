// Pages as files: nothing from elsewhere, nothing executed, and readable without seeing.
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { board, cockpit, nasty } from "./_documents.test-helper.ts";
import { cockpitPage, figure, html, leaderboardPage, page, pictureRows, tile } from "./index.ts";

const picture = "data:image/webp;base64,AAAA";
const pictures = new Map(pictureRows(cockpit).map((row) => [row, picture]));
const pages: readonly (readonly [string, string])[] = [
  ["cockpit", cockpitPage(cockpit, pictures)],
  ["cockpit without pictures", cockpitPage(cockpit, new Map())],
  ["leaderboard", leaderboardPage(board)],
];

test.each(pages)("%s: one file that needs nothing and runs nothing", (_, text) => {
  expect(text).not.toMatch(/https?:|<script|<link|@import|url\(|\son\w+=/);
  expect(text).toContain("default-src 'none'");
  const { document } = parseHTML(text);
  expect(document.documentElement.getAttribute("lang")).toBe("en");
  expect(document.querySelectorAll("script, link, iframe, object")).toHaveLength(0);
});

test.each(pages)("%s: says in words what it shows, and can be read by keyboard", (_, text) => {
  const { document } = parseHTML(text);
  const plots = document.querySelectorAll("svg");
  expect(plots.length).toBeGreaterThan(1);
  for (const plot of plots) {
    expect(plot.getAttribute("role")).toBe("img");
    expect(plot.getAttribute("aria-label")).toMatch(/\w+ .*\.$/);
  }
  for (const image of document.querySelectorAll("img")) expect(image.getAttribute("alt")).not.toBe("");
  for (const wide of document.querySelectorAll(".wide")) expect(wide.getAttribute("tabindex")).toBe("0");
  const levels = [...document.querySelectorAll("h1, h2, h3")].map(({ tagName }) => Number(tagName[1]));
  expect(levels[0]).toBe(1);
  // no level is left out
  for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
});

test("the cockpit shows verdict, alarms with images, tests, ends of slices", () => {
  const { document } = parseHTML(cockpitPage(cockpit, pictures));
  expect(document.querySelector(".verdict")?.textContent).toBe(cockpit.verdict);
  expect(document.querySelector(".notes .bad")?.textContent).toContain("Likely: the data hold copies.");
  expect(pictureRows(cockpit).sort()).toEqual([1, 2, 3, 4, 7]);
  // two of the alarm, four of the slice
  expect(document.querySelectorAll("img")).toHaveLength(6);
  expect(document.querySelector(".slice p")?.textContent).toMatch(/2 of 3 tests reject/);
  expect(parseHTML(cockpitPage(cockpit, new Map())).document.body.textContent).toContain("image 7");
});

test("a cockpit of embeddings that are not finite is a page, too", () => {
  const broken = { ...cockpit, tests: [], worst: [], spectrum: { projections: [], features: [] }, history: [] };
  const { document } = parseHTML(cockpitPage(broken, new Map()));
  expect(document.querySelectorAll("svg")).toHaveLength(0);
});

test("the leaderboard has a row for each run and says how well the score ranks", () => {
  const { document } = parseHTML(leaderboardPage(board));
  expect(document.querySelectorAll("tbody tr")).toHaveLength(4);
  expect(document.body.textContent).toContain("d: its features are not finite");
  expect(document.body.textContent).toContain("label-free score: 1.000 (n = 3");
  const bare = board.entries.map((entry) => ({ ...entry, measures: undefined, accuracy: undefined }));
  const scores = { ...board, entries: bare, agreement: [] };
  const plain = parseHTML(leaderboardPage(scores)).document;
  expect(plain.querySelectorAll("svg")).toHaveLength(0);
  expect(plain.body.textContent).toContain("The score alone");
});

test("text is never markup", () => {
  expect(html`<b title="${nasty}">${nasty}</b>`.html).not.toContain("<script");
  expect(tile("1", "x", nasty).html).not.toContain("<script");
  expect(page({ title: nasty, body: [] })).not.toContain("<script");
  const drawn = figure({ alt: nasty, caption: nasty, marks: [] }).html;
  expect(drawn).not.toContain("<script");
  expect(parseHTML(drawn).document.querySelector("svg")?.getAttribute("aria-label")).toBe(nasty);
});
