// Whole runs on a toy dataset: what a run folder holds, and that stopping, crashing and resuming lose nothing.
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLejepaError, parseConfig } from "@lejepa/contracts";
import { liveDeviceTensors } from "@lejepa/engine";
import {
  checkpointPath,
  listCheckpoints,
  loadEncoder,
  loadModel,
  readMetrics,
  readRunConfig,
  readRunInfo,
} from "@lejepa/eval";
import { expect, test } from "vitest";
import { pretrain, type PretrainEvent } from "./pretrain.ts";
import { writeRunInfo } from "./run-folder.ts";
import { temporaryFolder, toyConfig } from "./_toy.test-helper.ts";

const vit = { encoder: { name: "vit_nano", patchSize: 8, dropPath: 0.2 } } as const;

const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

function weights(run: string, step: number): Record<string, string> {
  const folder = checkpointPath(run, step);
  return Object.fromEntries(
    ["model.safetensors", "optimizer.safetensors"].map((name) => [name, hash(readFileSync(join(folder, name)))]),
  );
}

test.each([
  ["ResNet", {}, {}],
  ["ViT with drop path", vit, {}],
  [
    "two dates of places with gaps, every operation of the ground from above",
    { ...vit, augment: { policy: "satellite-optical", seasonalPair: { probability: 0.7 } } },
    { gaps: 0, dates: 2 },
  ],
])("10 steps are, bit by bit, 5 steps, a stop and 5 more: %s", async (_, model, images) => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { ...model, checkpoint: { keep: 9 } }, images);
  const straight = await pretrain(config, { out: join(folder, "straight") });
  expect(straight.status).toBe("done");
  expect(straight.info.steps).toEqual({ done: 10, total: 10, perEpoch: 2 });

  const stop = new AbortController();
  const onProgress = (event: PretrainEvent): void => {
    if (event.kind === "step" && event.metrics.step === 5) stop.abort();
  };
  const stopped = await pretrain(config, { out: join(folder, "stopped"), signal: stop.signal, onProgress });
  expect(stopped.status).toBe("interrupted");
  expect(listCheckpoints(stopped.folder)).toEqual([2, 4, 5]);
  const resumed = await pretrain(config, { out: stopped.folder, resume: true });
  expect(resumed.status).toBe("done");

  expect(weights(resumed.folder, 10)).toEqual(weights(straight.folder, 10));
  const numbers = (run: string): unknown =>
    readMetrics(run).map(({ step, loss, gradNorm, learningRate }) => ({ step, loss, gradNorm, learningRate }));
  expect(numbers(resumed.folder)).toEqual(numbers(straight.folder));
  expect(resumed.info.checkpoints).toEqual(straight.info.checkpoints);
  expect(liveDeviceTensors()).toBe(0);
});

test("what a crash leaves behind is cleared: torn line, later lines, half a checkpoint, a damaged one", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { checkpoint: { keep: 9 } });
  const straight = await pretrain(config, { out: join(folder, "straight") });
  const crashed = join(folder, "crashed");
  cpSync(straight.folder, crashed, { recursive: true });
  for (const step of [8, 10]) rmSync(checkpointPath(crashed, step), { recursive: true });
  cpSync(checkpointPath(straight.folder, 6), join(crashed, "checkpoints", ".step-00000007.1.tmp"), { recursive: true });
  writeFileSync(join(checkpointPath(crashed, 6), "model.safetensors"), "cut off");
  appendFileSync(join(crashed, "metrics.jsonl"), '{"step": 11, "lo');
  writeRunInfo(crashed, { ...readRunInfo(crashed), status: "running", process: 2 ** 22 + 1 });

  const events: PretrainEvent[] = [];
  const onProgress = (event: PretrainEvent): void => void events.push(event);
  const resumed = await pretrain(config, { out: crashed, resume: true, onProgress });
  expect(events.find(({ kind }) => kind === "start")).toMatchObject({ done: 4 });
  const messages = events.flatMap((event) => (event.kind === "message" ? [event.text] : []));
  expect(messages.join()).toMatch(/passed over a damaged checkpoint: .*step-00000006/);
  expect(weights(crashed, 10)).toEqual(weights(straight.folder, 10));
  expect(readMetrics(crashed).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(resumed.info.status).toBe("done");
  expect(readdirSync(join(crashed, "checkpoints")).filter((name) => name.startsWith("."))).toEqual([]);
});

test("a run whose checkpoints are all damaged is not started over in silence", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder);
  const { folder: run } = await pretrain(config, { out: join(folder, "run") });
  for (const step of listCheckpoints(run)) rmSync(join(checkpointPath(run, step), "optimizer.safetensors"));
  await expect(pretrain(config, { out: run, resume: true })).rejects.toMatchObject({ code: "E_CHECKPOINT" });
  expect(loadEncoder(run).step).toBe(10);
});

test("a run that ended before its first checkpoint resumes from the beginning", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder);
  const straight = await pretrain(config, { out: join(folder, "straight") });
  const early = join(folder, "early");
  cpSync(straight.folder, early, { recursive: true });
  rmSync(join(early, "checkpoints"), { recursive: true });
  await pretrain(config, { out: early, resume: true });
  expect(weights(early, 10)).toEqual(weights(straight.folder, 10));
  expect(readMetrics(early)).toHaveLength(10);
});

test("the run folder holds what the contract says", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { probe: { everyEpochs: 2, knnK: 5 }, checkpoint: { keep: 2 } });
  const events: PretrainEvent[] = [];
  const {
    folder: run,
    info,
    last,
  } = await pretrain(config, { out: join(folder, "run"), onProgress: (event) => events.push(event) });
  expect(
    readdirSync(run)
      .map((name) => name.replace(/tfevents\..*/, "tfevents"))
      .sort(),
  ).toEqual(["checkpoints", "config.resolved.json", "events.out.tfevents", "metrics.jsonl", "run.json"]);
  expect(parseConfig(readRunConfig(run), "resolved").encoder).toEqual(parseConfig(config, "x").encoder);
  expect(readRunInfo(run)).toEqual(info);
  expect(info).toMatchObject({
    status: "done",
    device: "cpu",
    data: { images: { train: 16, validation: 8, test: 0 }, classes: 2 },
  });
  expect(info.process).toBeUndefined();
  expect(info.dataWaitShare).toBeGreaterThanOrEqual(0);
  expect(info.dataWaitShare).toBeLessThan(1);
  const metrics = readMetrics(run);
  expect(metrics.at(-1)).toEqual(last);
  expect(metrics.filter(({ probeKnn }) => probeKnn !== undefined).map(({ step }) => step)).toEqual([4, 8, 10]);
  for (const { probeKnn, probeLinear } of metrics) {
    if (probeKnn === undefined) continue;
    expect(probeKnn).toBeGreaterThanOrEqual(0);
    expect(probeLinear).toBeLessThanOrEqual(1);
  }
  // the newest two, and the best where it is neither
  const { best } = info.checkpoints;
  expect(listCheckpoints(run)).toEqual([...new Set([best as number, 8, 10])].sort((a, b) => a - b));
  expect(events.filter(({ kind }) => kind === "checkpoint")).toHaveLength(5);
  expect(events.filter(({ kind }) => kind === "step")).toHaveLength(10);
});

test("maxSteps stops early without bending the schedule, and more steps can follow", async () => {
  const folder = temporaryFolder();
  const straight = await pretrain(toyConfig(folder), { out: join(folder, "straight") });
  const limited = (maxSteps: number): ReturnType<typeof toyConfig> =>
    toyConfig(folder, { schedule: { epochs: 5, warmupEpochs: 1, maxSteps } });
  const first = await pretrain(limited(3), { out: join(folder, "run") });
  expect(first.status).toBe("done");
  expect(listCheckpoints(first.folder)).toEqual([2, 3]);
  await pretrain(limited(10), { out: first.folder, resume: true });
  expect(weights(first.folder, 10)).toEqual(weights(straight.folder, 10));
});

test("a loss that is not finite ends the run, says where and why, and keeps the last checkpoint", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { optimizer: { learningRate: 1e30 }, checkpoint: { everySteps: 1 } });
  const out = join(folder, "run");
  const error = await pretrain(config, { out }).catch((thrown: unknown) => thrown);
  expect(isLejepaError(error, "E_NAN")).toBe(true);
  const { message } = error as Error;
  const step = Number(/^step (\d+):/.exec(message)?.[1]);
  expect(message).toMatch(
    /learning rate that is too high \(optimizer\.learningRate 1e\+30\).*The last good checkpoint is kept/s,
  );
  expect(message).toContain(checkpointPath(out, step - 1));
  expect(listCheckpoints(out).at(-1)).toBe(step - 1);
  expect(readRunInfo(out)).toMatchObject({ status: "failed", steps: { done: step - 1 } });
  expect(loadEncoder(out).step).toBe(step - 1);
  expect(liveDeviceTensors()).toBe(0);
});

test("a folder that is in use is refused and left as it is", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { schedule: { epochs: 5, warmupEpochs: 1, maxSteps: 1 } });
  const { folder: run, info } = await pretrain(config, { out: join(folder, "run") });
  const before = readdirSync(run, { recursive: true });
  await expect(pretrain(config, { out: run })).rejects.toMatchObject({ code: "E_RUN_EXISTS", exitCode: 2 });
  writeRunInfo(run, { ...info, status: "running", process: process.ppid });
  await expect(pretrain(config, { out: run, resume: true })).rejects.toMatchObject({ code: "E_RUN_EXISTS" });
  expect(readdirSync(run, { recursive: true })).toEqual(before);
  await expect(pretrain(config, { out: folder })).rejects.toMatchObject({ code: "E_RUN_EXISTS" });
  await expect(pretrain(config, { out: join(folder, "none"), resume: true })).rejects.toMatchObject({
    code: "E_USAGE",
  });
  expect(existsSync(join(folder, "none"))).toBe(false);
});

test("resuming with another configuration or other images is refused by name", async () => {
  const folder = temporaryFolder();
  const schedule = { epochs: 5, warmupEpochs: 1, maxSteps: 2 };
  const { folder: run } = await pretrain(toyConfig(folder, { schedule }), { out: join(folder, "run") });
  const other = toyConfig(folder, { schedule, optimizer: { learningRate: 1 } });
  await expect(pretrain(other, { out: run, resume: true })).rejects.toThrow(
    /optimizer\.learningRate: expected 0\.0005 as in the run, got 1\./,
  );
  const info = readRunInfo(run);
  writeRunInfo(run, { ...info, data: { ...info.data, fingerprint: "other" } });
  await expect(pretrain(toyConfig(folder, { schedule }), { out: run, resume: true })).rejects.toMatchObject({
    code: "E_DATA",
  });
});

test("an error before the first step leaves no run folder behind", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "run");
  await expect(pretrain(toyConfig(folder, { batchSize: 64 }), { out })).rejects.toMatchObject({
    code: "E_DATA",
    exitCode: 2,
  });
  expect(existsSync(out)).toBe(false);
  const signal = AbortSignal.abort();
  await expect(pretrain(toyConfig(folder), { out, signal })).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(existsSync(out)).toBe(false);
  writeFileSync(join(folder, "file"), "");
  await expect(pretrain(toyConfig(folder), { out: join(folder, "file", "run") })).rejects.toMatchObject({
    code: "E_IO",
  });
});

test("loadEncoder gives the weights under timm's names, from a run or a checkpoint", async () => {
  const folder = temporaryFolder();
  const { folder: run, info } = await pretrain(toyConfig(folder, vit), { out: join(folder, "run") });
  const last = loadEncoder(run);
  expect(last.step).toBe(10);
  expect(last.image).toEqual({ size: 16, channels: 3, range: [0, 255], mean: info.data.mean, std: info.data.std });
  expect([...last.values.keys()]).toEqual(last.encoder.params.map(({ name }) => name));
  expect(last.values.has("blocks.0.attn.qkv.weight")).toBe(true);
  expect(loadEncoder(checkpointPath(run, 8)).step).toBe(8);
  const bias = (step: number): number[] => [...(loadEncoder(run, { checkpoint: step }).values.get("norm.bias") ?? [])];
  expect(bias(8)).not.toEqual(bias(10));
  expect(loadEncoder(run, { checkpoint: "best" })).toMatchObject({
    step: info.checkpoints.best,
    reason: expect.stringContaining("checkpoints kept (6, 8, 10)") as string,
  });
  const { projector, values } = loadModel(run, { checkpoint: 8 });
  expect([...values.keys()].slice(-projector.params.length)).toEqual(projector.params.map(({ name }) => name));
  expect(() => loadEncoder(run, { checkpoint: 3 })).toThrow(/a checkpoint of the steps 6, 8, 10, got step 3/);
  expect(() => loadEncoder(folder)).toThrow(/expected a run folder/);
});

test("what lies under invalid pixels changes nothing, neither training nor probe", async () => {
  const folder = temporaryFolder();
  const changes = { schedule: { epochs: 5, warmupEpochs: 1, maxSteps: 3 }, probe: { everyEpochs: 1 } };
  const numbers = async (gaps: number): Promise<unknown> => {
    const { folder: run } = await pretrain(toyConfig(folder, changes, { gaps }), { out: join(folder, `${gaps}`) });
    return readMetrics(run).map(({ loss, probeKnn, probeLinear }) => ({ loss, probeKnn, probeLinear }));
  };
  expect(await numbers(0)).toEqual(await numbers(201));
});

test("other dates of a place are other views, or nothing if there are none", async () => {
  const folder = temporaryFolder();
  const run = async (dates: number, probability: number): Promise<{ losses: number[]; messages: string[] }> => {
    const messages: string[] = [];
    const schedule = { epochs: 5, warmupEpochs: 1, maxSteps: 2 };
    const config = toyConfig(folder, { schedule, augment: { seasonalPair: { probability } } }, { dates });
    const { folder: at } = await pretrain(config, {
      out: join(folder, `${dates} ${probability}`),
      onProgress: (event) => void (event.kind === "message" && messages.push(event.text)),
    });
    return { losses: readMetrics(at).map(({ loss }) => loss), messages };
  };
  const [alone, off, paired] = [await run(1, 1), await run(2, 0), await run(2, 1)];
  expect(alone.messages).toContain("seasonalPair does nothing: no two training images are dates of one place");
  expect(paired.messages).toContain("seasonalPair: 16 of 16 training images have another date of their place");
  expect(off.messages.join()).not.toContain("seasonalPair");
  expect(paired.losses[0]).toBeGreaterThan(off.losses[0] as number);
});

test("16-bit images train as 8-bit images of the same values do", async () => {
  const folder = temporaryFolder();
  const schedule = { epochs: 5, warmupEpochs: 1, maxSteps: 2 };
  const losses = async (bits: 8 | 16): Promise<number[]> => {
    const { folder: run } = await pretrain(toyConfig(folder, { schedule }, { bits }), { out: join(folder, `${bits}`) });
    return readMetrics(run).map(({ loss }) => loss);
  };
  const [eight, sixteen] = [await losses(8), await losses(16)];
  expect(eight).toHaveLength(2);
  for (const [i, loss] of eight.entries()) expect(sixteen[i]! / loss).toBeCloseTo(1, 4);
});

test("physical values train on the range of their percentiles, which the checkpoint keeps", async () => {
  const folder = temporaryFolder();
  const schedule = { epochs: 5, warmupEpochs: 1, maxSteps: 2 };
  const config = toyConfig(folder, { schedule, probe: { everyEpochs: 1 } }, { bits: 32, names: ["a", "b"] });
  const messages: string[] = [];
  const { folder: run, last } = await pretrain(config, {
    out: join(folder, "run"),
    onProgress: (event) => void (event.kind === "message" && messages.push(event.text)),
  });
  const { range, mean, std, channels } = loadEncoder(run).image;
  // 128 +- 100 gray levels of 4 units each, from -1500 on
  expect(range[0]).toBeGreaterThan(-1500 + 4 * 20);
  expect(range[0]).toBeLessThan(-1500 + 4 * 60);
  expect(range[1]).toBeGreaterThan(-1500 + 4 * 190);
  expect(range[1]).toBeLessThan(-1500 + 4 * 240);
  for (const value of mean) expect(value).toBeCloseTo(0.5, 1);
  for (const value of std) expect(value).toBeLessThan(0.5);
  expect(readRunInfo(run).data.range).toEqual(range);
  expect(last?.probeKnn).toBeGreaterThanOrEqual(0);
  // the dataset's channels, its warning, and a run that resumes with the same configuration, channels still unsaid
  expect([channels, (readRunConfig(run)["data"] as { channels: number }).channels]).toEqual([2, 2]);
  expect(messages).toContain("stripes of two kinds");
  const more = { ...config, schedule: { ...schedule, maxSteps: 3 } };
  expect((await pretrain(more, { out: run, resume: true })).info.steps.done).toBe(3);
});

test("a disk that takes no checkpoint ends the run with what to do, and the run can go on", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder);
  const out = join(folder, "run");
  const onProgress = ({ kind }: PretrainEvent): void => {
    if (kind === "start") writeFileSync(join(out, "checkpoints"), "in the way");
  };
  await expect(pretrain(config, { out, onProgress })).rejects.toMatchObject({ code: "E_IO", exitCode: 1 });
  expect(readRunInfo(out)).toMatchObject({ status: "failed", error: expect.stringContaining("cannot be written") });
  rmSync(join(out, "checkpoints"));
  expect((await pretrain(config, { out, resume: true })).status).toBe("done");
  expect(readRunInfo(out).error).toBeUndefined();
});

test.each([
  ["no labels", { classes: 0 }, {}, /no online probe: the images have no labels/],
  ["one class", { classes: 1 }, {}, /no online probe: all labelled images are of one class/],
  ["no validation images", {}, { validation: 0 }, /no online probe: no validation image/],
] as const)("what cannot be probed trains all the same and says so: %s", async (_, images, splits, expected) => {
  const folder = temporaryFolder();
  const changes = { probe: { everyEpochs: 1 }, schedule: { epochs: 5, warmupEpochs: 1, maxSteps: 2 } };
  const config = toyConfig(folder, changes, images);
  const messages: string[] = [];
  const onProgress = (event: PretrainEvent): void => void (event.kind === "message" && messages.push(event.text));
  const data = { ...config.data, splits: { ...config.data?.splits, ...splits } };
  const { last } = await pretrain({ ...config, data }, { out: join(folder, "run"), onProgress });
  expect(messages.join("\n")).toMatch(expected);
  expect(last?.probeKnn).toBeUndefined();
});

// a file system that even root may not write
test.skipIf(!existsSync("/sys/kernel"))("a folder without write permission is refused with what to do", async () => {
  const folder = temporaryFolder();
  const refused = pretrain(toyConfig(folder), { out: "/sys/kernel/lejepa-run" });
  await expect(refused).rejects.toMatchObject({ code: "E_IO", hint: "Choose a folder that you may write." });
});
