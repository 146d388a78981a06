// A bundle, carried to an empty folder and used there without network, environment or the workspace.
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseSize } from "../src/parts.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lejepa-offline-test-"));
const [out, installed] = [join(folder, "out"), join(folder, "elsewhere", "lejepa")];
const LIMIT = 40 * 2 ** 20;

const config = {
  dataset: { id: "folder", options: { path: "photos" } },
  data: { imageSize: 16, workers: 1 },
  views: { globalSize: 16, locals: 1, localSize: 8 },
  encoder: { name: "resnet10", width: 8 },
  projector: { hidden: [16], outDim: 8 },
  objective: { slices: 16 },
  batchSize: 4,
  threads: 1,
};

/** Runs without network where the system lets us, and always without our environment. */
function bare(command: readonly string[], cwd: string): { status: number | null; text: string } {
  const alone = spawnSync("unshare", ["-rn", "true"]).status === 0 ? ["unshare", "-rn"] : [];
  const args = ["-i", `HOME=${folder}`, "PATH=/usr/bin:/bin", ...alone, ...command];
  const { status, stdout, stderr } = spawnSync("env", args, { cwd, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

const install = (): { status: number | null; text: string } => bare(["sh", join(out, "install.sh"), installed], folder);

beforeAll(() => {
  const project = join(folder, "project");
  mkdirSync(join(project, "runs", "old"), { recursive: true });
  const scenes = readdirSync(join(root, "tools/demo/scenes")).filter((name) => name.endsWith(".jpg"));
  for (const [i, name] of scenes.entries())
    cpSync(join(root, "tools/demo/scenes", name), join(project, "photos", i % 2 === 0 ? "a" : "b", name));
  writeFileSync(join(project, "lejepa.config.json"), JSON.stringify(config));
  const cuda = join(folder, "cuda-home");
  mkdirSync(cuda);
  writeFileSync(join(cuda, "cuda.json"), JSON.stringify({ library: "lib.so", preload: [] }));
  const options = ["--project", project, "--out", out, "--max-size", "40MiB", "--gpu-check", "--cuda"];
  const { status, stderr } = spawnSync(process.execPath, ["tools/offline-bundle/bundle.mjs", ...options], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, LEJEPA_CUDA: cuda },
  });
  expect(status, stderr).toBe(0);
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("no part is larger than asked for", () => {
  const sizes = readdirSync(out)
    .filter((name) => name.startsWith("lejepa.tar.gz."))
    .map((name) => statSync(join(out, name)).size);
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.max(...sizes)).toBe(LIMIT);
});

test("missing and damaged parts are all named, and nothing is installed", () => {
  const [first, second] = [join(out, "lejepa.tar.gz.0000"), join(out, "lejepa.tar.gz.0001")];
  const before = readFileSync(second);
  renameSync(first, `${first}.away`);
  appendFileSync(second, "x");
  const { status, text } = install();
  expect([status, text]).toEqual([
    1,
    "missing: lejepa.tar.gz.0000\ndamaged: lejepa.tar.gz.0001\ninstall.sh: nothing was installed. Copy the parts above again, then run it again.\n",
  ]);
  renameSync(`${first}.away`, first);
  writeFileSync(second, before);
});

test("installs, examines the machine and trains", { timeout: 600_000 }, () => {
  const made = install();
  expect(made.status, made.text).toBe(0);
  expect(install()).toMatchObject({ status: 2 });
  const command = join(installed, "lejepa");
  const doctor = bare([command, "doctor", "--device", "cpu"], installed);
  expect(doctor.status, doctor.text).toBe(0);
  expect(doctor.text).not.toContain("NOT FOUND");
  const project = join(installed, "project");
  const trained = bare([command, "pretrain", "--out", "run", "--max-steps", "2", "--quiet"], project);
  expect(trained.status, trained.text).toBe(0);
  expect(trained.text).toContain("done: 2 of");
  // what the project had trained before stays at home
  expect(readdirSync(project).sort()).toEqual([".lejepa", "lejepa.config.json", "photos", "run"]);
});

test("carries the check of devices, and the libraries of cuda", { timeout: 120_000 }, () => {
  expect(readFileSync(join(installed, "cuda", "cuda.json"), "utf8")).toContain("lib.so");
  const args = ["--device", "abacus", "--minutes", "0.1", "--quick", "--out", "report"];
  const checked = bare([join(installed, "gpu-check"), ...args], installed);
  expect(checked.status, checked.text).toBe(0);
  expect(readFileSync(join(installed, "report", "gpu-check.md"), "utf8")).toContain("| works | abacus |");
});

test("sizes in words", () => {
  expect([parseSize("64MiB"), parseSize("1.5 GB"), parseSize("10B")]).toEqual([67_108_864, 1.5e9, 10]);
  for (const wrong of ["64", "MiB", "0B", "-1GB", "64 megabytes"]) expect(() => parseSize(wrong)).toThrow(/--max-size/);
});
