// The verbs that judge runs without labels, as the built command.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cockpitSchema } from "@lejepa/eval";
import { beforeAll, expect, test } from "vitest";
import { type Call, lejepa, makeImages, makeProject, tiny } from "./_cli.test-helper.ts";

let cwd: string;
const run = async (call: string, status = 0): Promise<Call> => {
  const result = await lejepa(call.split(" "), { cwd });
  expect(result.status, result.stderr).toBe(status);
  return result;
};

beforeAll(async () => {
  const config = {
    ...tiny,
    data: { ...tiny.data, splits: { validation: 0.5 } },
    batchSize: 8,
    checkpoint: { keep: 2 },
    probe: { everyEpochs: 0 },
  };
  cwd = await makeProject(config);
  await makeImages(join(cwd, "photos/green"), { count: 50, first: 1 });
  await makeImages(join(cwd, "flat"), { count: 12, first: 1 });
  for (const [name, lambda] of [
    ["a", 0.02],
    ["b", 0.2],
  ] as const)
    await run(`pretrain --out runs/${name} --quiet --set objective.lambda=${lambda}`);
  await run("pretrain --out runs/other --quiet --max-steps 1 --set batchSize=4 --set objective.slices=8");
}, 240_000);

interface Board {
  entries: {
    name: string;
    score: number;
    trainLoss: number;
    lambda: number;
    measures?: Record<string, number>;
    accuracy?: object;
  }[];
  agreement: { measure: string; n: number; rho: number | null }[];
  notes: string[];
}

test("leaderboard: by the score, with measures, accuracies and their agreement, and a page", async () => {
  const { stdout } = await run("leaderboard runs/a runs/b --json --quiet --html out/board.html");
  const { entries, agreement, notes } = JSON.parse(stdout) as Board;
  const scores = entries.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((x, y) => x - y));
  for (const { name, score, trainLoss, lambda, measures, accuracy } of entries) {
    expect(score).toBeCloseTo(trainLoss / lambda ** 0.4, 10);
    const lines = readFileSync(join(cwd, "runs", name, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n");
    const info = JSON.parse(readFileSync(join(cwd, "runs", name, "run.json"), "utf8")) as {
      steps: { perEpoch: number };
    };
    const losses = lines.slice(-info.steps.perEpoch).map((line) => (JSON.parse(line) as { loss: number }).loss);
    expect(trainLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 10);
    expect(measures?.["images"]).toBeGreaterThan(30);
    for (const key of ["rankMe", "lidar", "alphaReQ", "sigreg"]) expect(measures?.[key]).toBeGreaterThan(0);
    expect(accuracy).toMatchObject({ linear: expect.any(Number) as number, knn: expect.any(Number) as number });
  }
  // two runs have no rank correlation worth the name
  expect(agreement).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/takes 3 runs/)]);
  expect(readFileSync(join(cwd, "out/board.html"), "utf8")).toContain("Leaderboard without labels");
});

test("leaderboard: the score alone needs no images; without labels it says so", async () => {
  const { stdout } = await run("leaderboard runs/a runs/b --score-only --json --quiet --data nowhere");
  const { entries, notes } = JSON.parse(stdout) as Board;
  expect(entries.every(({ measures }) => measures === undefined)).toBe(true);
  expect(notes).toEqual([expect.stringMatching(/^No labels/)]);
  const flat = await run("leaderboard runs/a --data flat");
  expect(flat.stderr).toContain("a: no accuracy, the images have no labels");
  expect(flat.stdout).toContain("No labels: the measures cannot be checked");
});

test("leaderboard: runs that cannot be compared are refused before any work", async () => {
  const { stderr } = await run("leaderboard runs/a runs/other", 2);
  expect(stderr).toMatch(
    /^E_USAGE label-free score: expected runs with equal samples, slices, got samples 8 \(a\) and 4 \(other\); slices 16 \(a\) and 8 \(other\)\./,
  );
});

test("diagnose: a document of its schema, text, and a page with pictures or without", async () => {
  const { stdout } = await run("diagnose --run runs/b --checkpoint best --slices 64 --json --html out/cockpit.html");
  const cockpit = cockpitSchema.parse(JSON.parse(stdout));
  expect(cockpit.run).toBe("b");
  expect(cockpit.sample).toMatchObject({ heldOut: true, form: "view", slices: 64, dim: 8 });
  expect(cockpit.tests).toHaveLength(15);
  expect(cockpit.history.at(-1)?.step).toBe(cockpit.step);
  const page = readFileSync(join(cwd, "out/cockpit.html"), "utf8");
  expect(page).not.toMatch(/https?:|<script|<link/);
  expect(page).toContain("data:image/webp;base64,");
  const plain = await run("diagnose --run runs/b --slices 16 --unaugmented --no-pictures --html out/plain.html");
  expect(plain.stdout).toMatch(/^b, step \d+: \d+ images that were not trained on, whole\n/);
  expect(readFileSync(join(cwd, "out/plain.html"), "utf8")).not.toContain("data:image");
});

test("the best checkpoint is one of those kept, and why is said", async () => {
  const { stderr, stdout } = await run(
    "embed --run runs/b --checkpoint best --format npy,csv,parquet --out features --json",
  );
  expect(stderr).toMatch(/^step \d+ by its label-free score \d\S+, the lowest of the checkpoints kept \(\d+, \d+/m);
  const { files } = JSON.parse(stdout) as { files: string[] };
  expect(files).toHaveLength(4);
  expect(readdirSync(join(cwd, "features")).sort()).toEqual([
    "features.csv",
    "features.npy",
    "features.parquet",
    "items.csv",
  ]);
});

test("features that are not finite: an entry without measures, and no files", async () => {
  const checkpoints = join(cwd, "runs/other/checkpoints");
  const file = join(checkpoints, readdirSync(checkpoints)[0] as string, "model.safetensors");
  const bytes = readFileSync(file);
  bytes.fill(0xff, 8 + Number(bytes.readBigUInt64LE(0)));
  writeFileSync(file, bytes);
  const board = await run("leaderboard runs/other");
  expect(board.stdout).toContain("other: its features are not finite");
  const { stderr } = await run("embed --run runs/other --out broken --quiet", 1);
  expect(stderr).toMatch(/^E_NAN .*expected features that are finite/);
  expect(readdirSync(cwd)).not.toContain("broken");
});

test("a run without checkpoints has a score but no measures", async () => {
  rmSync(join(cwd, "runs/other/checkpoints"), { recursive: true });
  const { stdout } = await run("leaderboard runs/other");
  expect(stdout).toMatch(/^other +\d/m);
  expect(stdout).toContain("other: no measures: expected a run with checkpoints, got none");
});
