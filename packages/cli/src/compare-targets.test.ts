// `lejepa compare --targets`: labels and numbers from tables, end to end on small made images.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stream } from "@lejepa/contracts";
import { type Comparison, comparisonSchema } from "@lejepa/eval";
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { lejepa, tiny } from "./_cli.test-helper.ts";

const count = 60;
/** Brightness of the red and of the blue channel of each image, 0 to 200: pixels tell them. */
const tones = Array.from({ length: count }, (_, i) => {
  const random = stream(5, "tones", i);
  return { red: random.integer(200), blue: random.integer(200) };
});
let cwd: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), "lejepa-cli-targets-"));
  const dataset = { id: "folder", options: { path: "photos", label: "none" } };
  writeFileSync(join(cwd, "lejepa.config.json"), JSON.stringify({ ...tiny, dataset }));
  mkdirSync(join(cwd, "photos"));
  for (const [i, { red, blue }] of tones.entries()) {
    const random = stream(6, "pixels", i);
    const levels = [red, 100, blue];
    const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, e) => (levels[e % 3] as number) + random.integer(50));
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
      .png()
      .toFile(join(cwd, "photos", `${i}.png`));
  }
  const numbers = tones.map(({ red, blue }, i) => `${i}.png,${i === 3 ? "" : red},${(blue / 100).toFixed(2)}`);
  writeFileSync(join(cwd, "numbers.csv"), ["file,red,blue", ...numbers, "1000.png,1,1"].join("\n"));
  const marks = tones.map(({ red, blue }, i) => `${i},${Number(red > 100)},${i % 9 === 0 ? "" : Number(blue > 100)}`);
  writeFileSync(join(cwd, "marks.csv"), ["id,reddish,bluish", ...marks].join("\n"));
  const trained = await lejepa(["pretrain", "--out", "run", "--max-steps", "1", "--quiet"], { cwd });
  expect(trained.status, trained.stderr).toBe(0);
}, 240_000);

async function compare(args: string): Promise<{ comparison: Comparison; stderr: string }> {
  const { status, stdout, stderr } = await lejepa([..."compare --run run --json".split(" "), ...args.split(" ")], {
    cwd,
  });
  expect(status, stderr).toBe(0);
  return { comparison: comparisonSchema.parse(JSON.parse(stdout)), stderr };
}

const valueOf = ({ results }: Comparison, encoder: string, metric: "r2" | "auroc"): number =>
  results.find((one) => one.encoder === encoder && one.probe === "logistic" && one.shots === "all")?.metrics[metric]
    ?.value as number;

test("numbers of a table without labels: R2, its verdict, page and files", { timeout: 240_000 }, async () => {
  const { comparison, stderr } = await compare("--targets numbers.csv --shots 20,all --out numbers");
  const { settings, data, verdict, context } = comparison;
  expect(stderr).toContain("regression: red, blue (--task for another)");
  expect(stderr).toContain("1 of 61 rows of numbers.csv fit no image");
  expect([settings.task, settings.metric, settings.probe]).toEqual(["regression", "r2", "logistic"]);
  expect(data.classes.map(({ name }) => name)).toEqual(["red", "blue"]);
  expect(data.rows.train + data.rows.validation + data.rows.test).toBe(count);
  expect(valueOf(comparison, "pixels", "r2")).toBeGreaterThan(0.9);
  expect(verdict.sentence).toMatch(/of R2|cannot tell/);
  expect(verdict.sentence).not.toMatch(/points|shots/);
  expect(context["targets"]).toBe("red, blue of numbers.csv; regression; 1 of 61 rows of numbers.csv fit no image");
  const text = (name: string): string => readFileSync(join(cwd, "numbers", `comparison.${name}`), "utf8");
  expect(text("csv")).toMatch(/^pixels,,logistic,all,r2,0\.9/m);
  expect(text("txt")).toMatch(/^ridge regression: R2\n +20 images +all\n/m);
  for (const words of ["<h2>Targets</h2>", "red: ", "color-mix(in oklab", "0.020 of R2", "1 of 61 rows"])
    expect(text("html"), words).toContain(words);
  expect(text("html")).not.toMatch(/NaN|undefined|A frame marks|"wrong"/);
});

test("labels of a table, several at once: AUROC, average precision", { timeout: 240_000 }, async () => {
  const { comparison } = await compare("--targets marks.csv --task multilabel --shots 5,all --out marks");
  expect(comparison.settings).toMatchObject({ task: "multilabel", metric: "auroc" });
  expect(comparison.results[0]?.metrics.averagePrecision?.value).toBeGreaterThan(0);
  expect(valueOf(comparison, "pixels", "auroc")).toBeGreaterThan(0.95);
  expect(comparison.verdict.sentence).toMatch(/points of AUROC|cannot tell/);
  const html = readFileSync(join(cwd, "marks/comparison.html"), "utf8");
  for (const words of ["<h2>Labels</h2>", "several or none", "A frame marks those of other labels", "reddish, bluish"])
    expect(html, words).toContain(words);
  expect(html).not.toMatch(/NaN|undefined/);
});

test("one column of a Parquet table", { timeout: 240_000 }, async () => {
  const writer = new ByteWriter();
  const data = { photo: tones.map((_, i) => `photos/${i}.png`), blue: tones.map(({ blue }) => blue) };
  parquetWrite({
    writer,
    columnData: [
      { name: "photo", data: data.photo, type: "STRING" },
      { name: "note", data: data.photo, type: "STRING" },
      { name: "blue", data: data.blue, type: "INT32" },
    ],
  });
  writeFileSync(join(cwd, "blue.parquet"), new Uint8Array(writer.getBuffer()));
  const how = "--targets blue.parquet --id-column photo --target-columns blue --baseline pixels --shots all --watts 40";
  const { comparison } = await compare(how);
  expect(comparison.data.classes.map(({ name }) => name)).toEqual(["blue"]);
  expect(comparison.encoders[0]?.facts["energy"]).toMatch(/, (measured|estimate: 40 W x [\d.]+ s$)/);
  expect(valueOf(comparison, "pixels", "r2")).toBeGreaterThan(0.9);
});

test.each<[string, RegExp]>([
  ["--watts none", /^E_USAGE --watts: expected the power of the machine in watts, such as 250, got none\./],
  ["--task regression", /^E_USAGE --task: says nothing without --targets\./],
  ["--target-columns red", /^E_USAGE --target-columns: says nothing/],
  ["--targets numbers.csv --task regresion", /^E_USAGE --task: .*Did you mean regression\?$/],
  ["--targets none.csv", /^E_DATA targets none\.csv: .*no such file\.$/m],
  ["--targets numbers.csv --target-columns rde", /^E_USAGE --target-columns: .*Did you mean red\?$/m],
  ["--targets numbers.csv --task multilabel", /^E_DATA targets numbers\.csv: expected 0, 1 or an empty cell/m],
  ["--targets marks.csv --task regression", /^E_DATA targets marks\.csv: .*nothing but 0 and 1/m],
  ["--targets marks.csv --metric r2", /^E_USAGE compare: metric: expected one of accuracy, .* for multilabel, got r2/m],
  ["--targets numbers.csv --probe finetune", /^E_USAGE compare: probes: expected probes of regression \(knn/m],
  ["--targets numbers.csv --shots 2", /^E_DATA compare: shots: .*a regression needs 5 rows/m],
  ["--baseline pixels", /^E_DATA compare: train split: .*no labels\..*--targets/m],
])("compare %s", async (call, message) => {
  const { status, stderr, stdout } = await lejepa(["compare", "--run", "run", ...call.split(" ")], { cwd });
  expect(stderr.trim()).toMatch(message);
  expect(stderr).not.toContain("    at ");
  expect([status, stdout]).toEqual([2, ""]);
});
