// `lejepa plan` from outside, on a user's own format with everything that can be wrong in it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { lejepa } from "./_cli.test-helper.ts";
import { makeToyProject, planted, type ToyFile } from "./_toy-project.test-helper.ts";

const common = ["--dataset", "toy", "--data", "scans", "--set", "data.workers=1", "--set", "batchSize=8"];

function toys(): Record<string, ToyFile> {
  const files: Record<string, ToyFile> = {};
  for (let i = 0; i < 40; i++)
    files[`s${String(i).padStart(2, "0")}`] = {
      value: i + 1,
      label: i % 4 === 0 ? "sick" : "well",
      group: `p${i >> 1}`,
    };
  // the same file twice and the same picture twice, in two splits
  files["s01"] = { value: 500, label: "well", group: "p900", split: "train" };
  files["copy"] = { value: 500, label: "well", group: "p900", split: "train" };
  files["alike"] = { value: 3, label: "well", group: "p901", split: "test", salt: 1 };
  files["broken"] = { value: 77, label: "well", group: "p902", fault: "throw" };
  files["rare"] = { value: 88, label: "rare", group: "p903" };
  return files;
}

const small = [
  "encoder.name=resnet10",
  "encoder.width=8",
  "projector.hidden=[8]",
  "objective.slices=8",
  "views.locals=1",
  "threads=1",
].flatMap((setting) => ["--set", setting]);

interface Plan {
  readonly [key: string]: unknown;
  readonly warnings: string[];
  readonly proposal: { readonly key: string }[];
}

let cwd: string;
let plan: Plan;
beforeAll(async () => {
  cwd = makeToyProject(toys());
  const { status, stdout, stderr } = await lejepa(
    ["plan", ...common, "--no-time", "--json", "--html", "out/plan.html", "--write"],
    { cwd },
  );
  expect(stderr).toContain("found 44 images, 3 classes, 24 groups, 2 files left out");
  expect(status, stderr).toBe(0);
  plan = JSON.parse(stdout) as Plan;
});

test("counts, facts, classes, groups, failures", () => {
  expect(plan).toMatchObject({
    dataset: { id: "toy", title: "Toy scans" },
    images: 44,
    files: { count: 44, missing: 0 },
    skipped: [{ reason: "reports", count: 2 }],
    classes: { well: 33, sick: 10, rare: 1 },
    failures: [{ id: "broken.toy", reason: "cannot be decoded" }],
    sample: { images: 44, decoded: 43 },
    stored: { size: 64, channels: 3, dtype: "uint8" },
    domain: { name: "medical", reason: "Toys are patients." },
    timing: null,
    problem: null,
  });
  const facts = plan["facts"] as { name: string; distinct: number }[];
  expect(facts.map(({ name, distinct }) => [name, distinct])).toEqual([
    ["modality", 2],
    ["rows", 3],
    ["columns", 1],
  ]);
  expect(plan["channels"]).toHaveLength(3);
});

test("duplicates, exact and near, and across which splits", () => {
  const { exact, near } = plan["duplicates"] as Record<"exact" | "near", { ids: string[]; splits: string[] }[]>;
  expect(exact).toEqual([{ ids: ["copy.toy", "s01.toy"], splits: ["train"] }]);
  expect(near).toContainEqual(expect.objectContaining({ ids: ["alike.toy", "s02.toy"], splits: ["test", "train"] }));
});

test("warnings in plain words, the dataset's own first", () => {
  const text = plan.warnings.join("\n");
  expect(plan.warnings[0]).toBe("One series has a gap.");
  for (const wanted of [
    /Few images \(44\)/,
    /1 class has fewer than 5 images \(rare: 1\)/,
    /Unbalanced classes/,
    /1 of 44 images looked at cannot be read/,
    /1 files are copies/,
    /Leakage\? \d+ pair/,
    /2 modalities/,
    /smaller than a view/,
  ])
    expect(text).toMatch(wanted);
});

test("the proposal is in the new configuration", () => {
  expect(plan["written"]).toMatchObject({ file: "lejepa.config.json", changed: true });
  const config = JSON.parse(readFileSync(join(cwd, "lejepa.config.json"), "utf8")) as {
    dataset: unknown;
    batchSize: number;
    augment: object;
  };
  expect(config.dataset).toEqual({ id: "toy", options: { path: "scans" } });
  expect(config.augment).toEqual({ policy: "medical" });
  expect(plan.proposal.map(({ key }) => key)).toContain("data.channels");
});

test("the page needs nothing from elsewhere and names nobody", () => {
  const page = readFileSync(join(cwd, "out/plan.html"), "utf8");
  expect(page).not.toMatch(/https?:|<script|<link|@import/);
  for (const secret of [planted, planted.slice(0, 8), cwd, "scans/"]) {
    expect(page).not.toContain(secret);
    expect(JSON.stringify(plan)).not.toContain(secret);
  }
  expect(page.match(/<img /g)).toHaveLength(43);
});

test("a few steps are timed, in the configuration as it is or as proposed", async () => {
  const { status, stdout, stderr } = await lejepa(["plan", ...common, ...small, "--json"], { cwd });
  expect(status, stderr).toBe(0);
  const { timing } = JSON.parse(stdout) as { timing: Record<string, number> };
  expect(JSON.parse(stdout)).toMatchObject({ timed: "configuration", problem: null });
  expect(timing["measuredSteps"]).toBe(3);
  for (const key of ["imagesPerSecond", "seconds", "memoryMiB"]) expect(timing[key]).toBeGreaterThan(0);
  expect(existsSync(join(cwd, "runs"))).toBe(false);
});

test("a group that the dataset puts into two splits is a warning, not the end", async () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`s${i}`, { value: i, group: `p${i}` }]));
  const torn = makeToyProject({ ...files, a: { value: 90, group: "p0", split: "test" } });
  const { status, stdout } = await lejepa(["plan", ...common, "--no-time", "--json"], { cwd: torn });
  expect(status).toBe(0);
  const { splits, warnings } = JSON.parse(stdout) as { splits: null; warnings: string[] };
  expect(splits).toBeNull();
  expect(warnings[1]).toMatch(/^Leakage: the dataset puts 1 group into two splits/);
});

test("too few images for a batch: the problem, and what the proposal would take", async () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`s${i}`, { value: i }]));
  const few = makeToyProject(files);
  const { stdout } = await lejepa(["plan", ...common, ...small, "--set", "batchSize=64"], { cwd: few });
  expect(stdout).toMatch(/PROBLEM +11 images to train on are fewer than a batch of 64/);
  expect(stdout.match(/fewer than a batch/g)).toHaveLength(1);
  expect(stdout).toMatch(/of training here with the changes below/);
  expect(stdout).toMatch(/consider +--set batchSize=8/);
});
