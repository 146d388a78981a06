// `lejepa preview` from outside: files, document, and that nobody is named.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { lejepa, makeProject } from "./_cli.test-helper.ts";
import { makeToyProject, planted, type ToyFile } from "./_toy-project.test-helper.ts";
import type { PreviewDocument } from "./preview/preview-document.ts";

const common = ["preview", "--dataset", "toy", "--data", "scans", "--set", "data.workers=1"];
const small = [
  "encoder.name=resnet10",
  "encoder.width=8",
  "views.globalSize=16",
  "views.locals=2",
  "data.imageSize=24",
  "threads=1",
].flatMap((setting) => ["--set", setting]);

let cwd: string;
let document: PreviewDocument;
beforeAll(async () => {
  const files: Record<string, ToyFile> = {};
  for (let i = 0; i < 20; i++)
    files[`s${String(i).padStart(2, "0")}`] = { value: i + 1, label: "well", group: `p${i >> 1}` };
  files["broken"] = { value: 77, label: "well", group: "p90", fault: "abort" };
  cwd = makeToyProject(files);
  const { status, stdout, stderr } = await lejepa([...common, ...small, "--items", "3", "--json"], { cwd });
  expect(status, stderr).toBe(0);
  document = JSON.parse(stdout) as PreviewDocument;
});

test("the document: items, views in words, policy, difficulty", () => {
  expect(document).toMatchObject({
    dataset: { id: "toy", license: "MIT" },
    stored: { size: 24, channels: 3, dtype: "uint8", range: [0, 255] },
    shown: "in colour",
    files: { html: "preview.html", png: "preview.png" },
    invalidShare: 0,
  });
  expect(document.augmentation.policy).toBe("medical");
  expect(Object.keys(document.augmentation.never).length).toBeGreaterThan(0);
  expect(document.items).toHaveLength(3);
  for (const { id, views } of document.items) {
    expect(id).toMatch(/^s\d\d\.toy$/);
    expect(views.map(({ group, view }) => [group, view])).toEqual([
      ["global", 0],
      ["global", 1],
      ["local", 0],
      ["local", 1],
    ]);
    for (const { words, crop } of views) {
      expect(words[0]).toMatch(/ % of the area at /);
      expect(crop.left + crop.width).toBeLessThanOrEqual(1.0001);
    }
  }
  const { globals, globalWithLocal } = document.difficulty;
  for (const pairs of [globals, globalWithLocal])
    for (const { auroc, halfWidth } of [pairs?.pixels, pairs?.features].map(
      (one) => one ?? { auroc: -1, halfWidth: -1 },
    )) {
      expect(auroc).toBeGreaterThan(0.3);
      expect(auroc).toBeLessThanOrEqual(1);
      expect(halfWidth).toBeGreaterThanOrEqual(0);
    }
});

test("the page needs nothing from elsewhere and names nobody; the picture has a row an image", async () => {
  const page = readFileSync(join(cwd, "preview.html"), "utf8");
  expect(page).not.toMatch(/src="http|<script|<link|@import/);
  for (const secret of [planted, planted.slice(0, 8), cwd, "scans/"]) {
    expect(page).not.toContain(secret);
    expect(JSON.stringify(document)).not.toContain(secret);
  }
  expect(page.match(/<img /g)).toHaveLength(3 * 5);
  const { width, height } = await sharp(join(cwd, "preview.png")).metadata();
  expect(width).toBe(5 * 138 + 10);
  expect(height).toBeGreaterThan(3 * 128);
});

test("files of an earlier call stay, unless they may be replaced; the same call draws the same", async () => {
  const before = readFileSync(join(cwd, "preview.png"));
  const refused = await lejepa([...common, ...small], { cwd });
  expect(refused).toMatchObject({ status: 2, stdout: "" });
  expect(refused.stderr).toMatch(/E_USAGE preview\.html: exists already\..*--overwrite/);
  writeFileSync(join(cwd, "preview.png"), "");
  const again = await lejepa([...common, ...small, "--items", "3", "--overwrite", "--json"], { cwd });
  expect(again.status, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toEqual(document);
  expect(readFileSync(join(cwd, "preview.png")).equals(before)).toBe(true);
});

test("a configuration is previewed as it is trained, and refused as it is", async () => {
  const project = await makeProject();
  const done = await lejepa(["preview", "--items", "2", "--html", "out/a.html", "--png", "out/a.png"], {
    cwd: project,
  });
  expect(done.status, done.stderr).toBe(0);
  expect(done.stdout).toMatch(/^policy natural: photographs of anything\n/);
  expect(done.stdout).toMatch(/two global views: 0\.\d\d|two global views: 1\.00/);
  expect(existsSync(join(project, "out/a.png"))).toBe(true);
  const wrong = await lejepa(["preview", "--set", "augment.policy=galaxy", "--set", "augment.solarize.probability=1"], {
    cwd: project,
  });
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toMatch(/E_CONFIG.*augment\.solarize/);
});
