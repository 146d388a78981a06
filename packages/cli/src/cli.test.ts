// The built command from outside: what it prints, leaves behind and exits with.
import { readdirSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { lejepa, makeProject } from "./_cli.test-helper.ts";

const onnx = fileURLToPath(new URL("../../eval/src/fixtures/onnx/tokens.onnx", import.meta.url));
let cwd: string;
beforeAll(async () => {
  cwd = await makeProject();
});

test("plan, pretrain, resume, compare, embed, one after the other", { timeout: 240_000 }, async () => {
  const plan = await lejepa(["plan", "--no-time", "--json"], { cwd });
  expect(plan.status, plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout)).toMatchObject({
    images: 24,
    classes: { red: 12, blue: 12 },
    splits: { train: 14 },
    steps: 6,
    problem: null,
  });

  const first = await lejepa(["pretrain", "--out", "run", "--max-steps", "2", "--json"], { cwd });
  expect(first.status, first.stderr).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({
    status: "done",
    run: { steps: { done: 2, total: 6 } },
    last: { step: 2 },
  });
  expect(first.stderr).toContain("step 2/2");
  const again = await lejepa(["pretrain", "--out", "run"], { cwd });
  expect(again.status).toBe(2);
  expect(again.stderr).toMatch(/^E_RUN_EXISTS .*--resume/);

  const rest = await lejepa(["pretrain", "--resume", "--out", "run", "--quiet"], { cwd });
  expect(rest.status, rest.stderr).toBe(0);
  expect(rest.stderr).toBe("");
  expect(rest.stdout).toContain("done: 6 of 6 steps");

  const compared = await lejepa(["compare", "--run", "run", "--seeds", "2", "--json"], { cwd });
  expect(compared.status, compared.stderr).toBe(0);
  const { encoders, results } = JSON.parse(compared.stdout) as {
    encoders: { name: string }[];
    results: { encoder: string; probe: string; shots: number | "all"; metrics: { accuracy: { value: number } } }[];
  };
  expect(encoders.map(({ name }) => name)).toEqual(["run", "random init", "pixels"]);
  const pixels = results.find(
    ({ encoder, probe, shots }) => encoder === "pixels" && probe === "knn" && shots === "all",
  );
  // red or blue: the pixels say it all
  expect(pixels?.metrics.accuracy.value).toBe(1);
  const more = [
    "--baseline",
    "run:run@last",
    "--baseline",
    `${onnx}?size=16`,
    "--baseline",
    "pixels",
    "--out",
    "report",
  ];
  const other = await lejepa(["compare", "--run", "run", "--shots", "all", ...more, "--json"], { cwd });
  expect(other.status, other.stderr).toBe(0);
  const about = (JSON.parse(other.stdout) as { encoders: { name: string; notes: string[] }[] }).encoders;
  expect(about.map(({ name }) => name)).toEqual(["run", "run@last", "tokens", "pixels"]);
  expect(about[2]?.notes).toContain("features: output pooler_output, as it is");
  expect(readdirSync(join(cwd, "report")).sort()).toEqual([
    "comparison.csv",
    "comparison.html",
    "comparison.json",
    "comparison.txt",
  ]);

  const embedded = await lejepa(["embed", "--run", "run"], { cwd });
  expect(embedded.status, embedded.stderr).toBe(0);
  const npy = readFileSync(join(cwd, "run/features/features.npy"));
  expect(npy.toString("latin1")).toContain("'shape': (24, 64)");
  expect(npy.length).toBe(128 + 24 * 64 * 4);
  expect(readFileSync(join(cwd, "run/features/items.csv"), "utf8").split("\r\n")).toHaveLength(26);
  expect((await lejepa(["embed", "--run", "run"], { cwd })).status).toBe(2);
});

test("Ctrl-C saves and exits with 130", async () => {
  let sent = false;
  const stopped = await lejepa(["pretrain", "--out", "stopped", "--set", "schedule.epochs=100000"], {
    cwd,
    onStderr: (text, kill) => {
      if (sent || !text.includes("step 1/")) return;
      sent = true;
      kill("SIGINT");
    },
  });
  expect(stopped.status, stopped.stderr).toBe(130);
  expect(stopped.stdout).toMatch(/^interrupted: \d+ of /);
  expect(existsSync(join(cwd, "stopped/checkpoints"))).toBe(true);
  expect(JSON.parse(readFileSync(join(cwd, "stopped/run.json"), "utf8"))).toMatchObject({ status: "interrupted" });
});

test("doctor computes on the CPU", async () => {
  const { status, stdout, stderr } = await lejepa(["doctor", "--device", "cpu", "--json"], { cwd });
  expect(status, stderr).toBe(0);
  const report = JSON.parse(stdout) as {
    packages: Record<string, string | null>;
    devices: { ok: boolean; gigaflops: number; gigabytes: number }[];
    datasets: { id: string }[];
  };
  expect(report.devices).toMatchObject([{ name: "cpu", ok: true }]);
  expect(report.devices[0]?.gigaflops).toBeGreaterThan(0.1);
  expect(report.devices[0]?.gigabytes).toBeGreaterThan(0.01);
  expect(Object.values(report.packages)).not.toContain(null);
  expect(report.datasets.map(({ id }) => id).sort()).toEqual(["dicom", "folder", "food101", "galaxy10", "geotiff"]);
  expect(report.datasets.find(({ id }) => id === "folder")).toMatchObject({ ok: true });
});

test("setup says what is missing", async () => {
  const wrong = await lejepa(["setup", "cudnn"], { cwd });
  expect([wrong.status, wrong.stderr.trim()]).toEqual([
    2,
    "E_USAGE lejepa setup: expected tensorflow or cuda, got cudnn.",
  ]);
  const empty = await lejepa(["setup", "cuda", "--folder", cwd, "--quiet"], { cwd });
  expect(empty.status).toBe(2);
  expect(empty.stderr).toMatch(/E_USAGE setup cuda.*(libonnxruntime_providers_cuda\.so beside it|Linux on x64)/);
  const none = await lejepa(["setup", "tensorflow", "--from", "python", "--python", "no-such-python", "--quiet"], {
    cwd,
  });
  expect(none.status).toBe(2);
  expect(none.stderr).toMatch(/^E_USAGE no-such-python: is not installed\. It needs Python 3\.9 .*--python FILE\.\n$/);
});

test("baselines are listed with their licences, and fetched only on request", async () => {
  const listed = await lejepa(["baselines", "--json"], { cwd });
  expect(listed.status, listed.stderr).toBe(0);
  const { baselines } = JSON.parse(listed.stdout) as {
    baselines: { name: string; licence: string; fetched: boolean }[];
  };
  expect(baselines.find(({ name }) => name === "dinov2-small")).toMatchObject({
    licence: "Apache-2.0",
    fetched: false,
  });
  const unaccepted = await lejepa(["baselines", "fetch", "dinov2-small"], { cwd });
  expect([unaccepted.status, unaccepted.stdout]).toEqual([2, ""]);
  expect(unaccepted.stderr).toMatch(/^E_USAGE dinov2-small: its licence must be accepted first.*--accept-licence/);
  const env = { HF_ENDPOINT: "http://127.0.0.1:9" };
  const offline = await lejepa(["baselines", "fetch", "dinov2-small", "--accept-licence"], { cwd, env });
  expect(offline.status).toBe(1);
  expect(offline.stderr).toMatch(/^E_IO dinov2-small: the hub cannot be reached/m);
});

test("help is for every verb, with examples", async () => {
  for (const verb of [
    "plan",
    "inspect",
    "pretrain",
    "embed",
    "compare",
    "leaderboard",
    "diagnose",
    "baselines",
    "doctor",
    "setup",
  ]) {
    const { status, stdout } = await lejepa([verb, "--help"], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain(`  $ lejepa ${verb}`);
  }
});
