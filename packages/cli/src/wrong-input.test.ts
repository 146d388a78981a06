// Every wrong call ends in one line with a code, and the right exit status; nothing is left behind.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { lejepa, makeImages, makeProject, tiny } from "./_cli.test-helper.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await makeProject();
  mkdirSync(join(cwd, "empty"));
  mkdirSync(join(cwd, "corrupt"));
  for (const name of ["a.png", "b.jpg"]) writeFileSync(join(cwd, "corrupt", name), "not an image");
  await makeImages(join(cwd, "one/class"), { count: 12, first: 0 });
  await makeImages(join(cwd, "few"), { count: 3, first: 0 });
  writeFileSync(join(cwd, "file"), "");
  writeFileSync(join(cwd, "typo.json"), JSON.stringify({ ...tiny, bachSize: 4 }));
  writeFileSync(
    join(cwd, "typed.ts"),
    `import { defineConfig } from "@lejepa/contracts";\nexport default defineConfig({ dataset: { id: "folder", options: { path: "photos" } }, batchSize: "many" as unknown as number });\n`,
  );
  writeFileSync(join(cwd, "broken.ts"), "export default {");
});

const cases: readonly (readonly [call: string, status: number, message: RegExp])[] = [
  ["", 2, /^Usage: lejepa/],
  ["pretran", 2, /^E_USAGE .*Did you mean pretrain\?$/],
  ["pretrain --resum", 2, /^E_USAGE .*Did you mean --resume\?$/],
  ["pretrain --max-steps few", 2, /^E_USAGE .*--max-steps.*whole number/],
  ["embed", 2, /^E_USAGE .*--run/],
  ["pretrain --config none.json", 2, /^E_USAGE --config: .*none\.json/],
  ["pretrain --config typo.json", 2, /^E_CONFIG typo\.json: .*bachSize.*batchSize/],
  ["pretrain --config typed.ts", 2, /^E_CONFIG typed\.ts: batchSize: expected integer .*"many"/],
  ["pretrain --config broken.ts", 2, /^E_CONFIG broken\.ts: cannot be read/],
  ["pretrain --set views.lcals=3", 2, /^E_USAGE .*Did you mean views\.locals\?$/],
  ["pretrain --device abacus", 2, /^E_CONFIG .*device: expected .*"cpu".*"abacus"/],
  ["doctor --device webgpo", 2, /^E_DEVICE .*Did you mean webgpu\?$/],
  ["pretrain --dataset galaxy", 2, /^E_USAGE dataset galaxy: .*@lejepa\/dataset-galaxy/],
  ["pretrain --set dataset.options.pth=photos", 2, /^E_DATASET_OPTIONS .*pth/],
  ["pretrain --data nowhere", 2, /^E_DATA .*nowhere/],
  ["pretrain --data empty", 2, /^E_DATA .*expected images .*empty folder/],
  ["pretrain --data corrupt", 2, /^E_DATA /m],
  ["pretrain --data few", 2, /^E_DATA .*batchSize 4.*Lower batchSize/m],
  ["pretrain --set views.globalSize=32", 2, /^E_CONFIG .*views\.globalSize/],
  ["pretrain --out file", 1, /^E_IO .*file/],
  ["pretrain --resume --out nothing", 2, /^E_USAGE .*a run to go on with/],
  ["compare --run nothing", 2, /^E_DATA .*run folder/],
  ["compare --run x --baseline pixel", 2, /^E_USAGE --baseline: .*Did you mean pixels\?$/],
  ["compare --run x --baseline resnet.onnx", 2, /^E_USAGE --baseline: .*dinov2-small.*got resnet\.onnx/],
  ["compare --run x --channels rgb", 2, /^E_USAGE channels: expected replicate, pca, patch, or bands/],
  ["baselines fetch dino2-small", 2, /^E_USAGE baseline: .*Did you mean dinov2-small\?$/],
  ["embed --run x --out e.csv", 2, /^E_USAGE --out: expected a folder, got e\.csv\. For csv files: --format csv/],
  ["embed --run x --format parket", 2, /^E_USAGE --format: .*Did you mean parquet\?$/],
  ["leaderboard", 2, /^E_USAGE .*runs/i],
  ["leaderboard nothing", 2, /^E_DATA .*run folder/],
  ["leaderboard corrupt", 2, /^E_DATA .*run folder.*a folder without it/],
  ["diagnose --run corrupt", 2, /^E_DATA .*run folder/],
  ["diagnose --run x --images few", 2, /^E_USAGE .*--images.*whole number/],
  ["embed --run x --checkpoint lst", 2, /^E_USAGE --checkpoint: .*Did you mean last\?$/],
];

test.each(cases)("lejepa %s", async (call, status, message) => {
  const args = call === "" ? [] : call.split(" ");
  const out = call.startsWith("pretrain") && !call.includes("--out") ? ["--out", "never"] : [];
  const result = await lejepa([...args, ...out], { cwd });
  expect(result.stderr.trim()).toMatch(message);
  expect(result.stderr).not.toContain("    at ");
  expect(result.status).toBe(status);
  expect(result.stdout).toBe("");
  expect(existsSync(join(cwd, "never"))).toBe(false);
});

test("a loss that is not finite stops the run, status 1", async () => {
  const { status, stderr } = await lejepa(
    ["pretrain", "--out", "nan", "--set", "optimizer.learningRate=1e38", "--set", "schedule.warmupEpochs=0"],
    { cwd },
  );
  expect(stderr).toMatch(/^E_NAN step \d+: /m);
  expect(status).toBe(1);
});

test("one class trains but does not compare", async () => {
  const trained = await lejepa(["pretrain", "--data", "one", "--out", "single", "--max-steps", "1"], { cwd });
  expect(trained.status, trained.stderr).toBe(0);
  const { status, stderr } = await lejepa(["compare", "--run", "single"], { cwd });
  expect(stderr).toMatch(/^E_DATA compare.*1 class/m);
  expect(status).toBe(2);
});

test("with --json the error is a document", async () => {
  const { status, stdout } = await lejepa(["plan", "--data", "nowhere", "--json"], { cwd });
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "E_DATA", where: expect.stringContaining("folder") as string },
  });
});
