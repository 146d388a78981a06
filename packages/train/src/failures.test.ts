// What ends a run from outside: memory that does not suffice, before the first step or in mid-run, and a device that is lost.
// The engine is real but for what it says is free and for the step at which it fails.
import { LejepaError } from "@lejepa/contracts";
import type { CompiledProgram, Engine } from "@lejepa/engine";
import { checkpointPath, listCheckpoints, readMetrics, readRunInfo } from "@lejepa/eval";
import { beforeEach, expect, test, vi } from "vitest";
import { join } from "node:path";
import { pretrain, type PretrainEvent } from "./pretrain.ts";
import { temporaryFolder, toyConfig } from "./_toy.test-helper.ts";

const fake = vi.hoisted(() => ({
  freeBytes: undefined as number | undefined,
  failAt: undefined as number | undefined,
  failure: undefined as Error | undefined,
}));

vi.mock("@lejepa/engine", async (original) => {
  const real = await original<typeof import("@lejepa/engine")>();
  const failing = (program: CompiledProgram): CompiledProgram => {
    let runs = 0;
    return {
      describe: () => program.describe(),
      hostNodes: () => program.hostNodes(),
      profile: (feeds, times) => program.profile(feeds, times),
      dispose: () => program.dispose(),
      run: async (feeds) => {
        if (runs++ === fake.failAt) throw fake.failure;
        return program.run(feeds);
      },
    };
  };
  return {
    ...real,
    configuredEngine: async (wanted: Parameters<typeof real.configuredEngine>[0]): Promise<Engine> => {
      const engine = await real.configuredEngine(wanted);
      return {
        ...engine,
        freeMemory: () => fake.freeBytes ?? engine.freeMemory(),
        compile: async (...args) => failing(await engine.compile(...args)),
      };
    },
  };
});

// several runs each, on whatever machine this is
vi.setConfig({ testTimeout: 300_000 });
beforeEach(() => Object.assign(fake, { freeBytes: undefined, failAt: undefined, failure: undefined }));

const schedule = { epochs: 5, warmupEpochs: 1, maxSteps: 4 };
const checkpoint = { everySteps: 1, keep: 9 };

const deviceError = (code: "E_MEMORY" | "E_DEVICE", problem: string): LejepaError =>
  new LejepaError({ code, where: "device cpu", problem, hint: "Do something." });

test("a step that cannot fit is refused before the first, with the batch that would fit, unless that is ignored", async () => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { schedule });
  let stepBytes = 0;
  const messages: string[] = [];
  const onProgress = (event: PretrainEvent): void => {
    if (event.kind === "start") stepBytes = event.memory.stepBytes;
    if (event.kind === "message") messages.push(event.text);
  };
  await pretrain(config, { out: join(folder, "fits"), onProgress });
  expect(stepBytes).toBeGreaterThan(0);

  fake.freeBytes = 0.9 * stepBytes;
  const out = join(folder, "refused");
  await expect(pretrain(config, { out })).rejects.toMatchObject({
    code: "E_MEMORY",
    exitCode: 1,
    message: expect.stringMatching(
      /^device cpu: expected a step that fits into the \d+ MiB that are free, got batchSize 8, whose steps need about \d+ MiB by estimate\. Make batchSize smaller: [2-7] needs about \d+ MiB\./,
    ),
  });
  fake.freeBytes = 1;
  await expect(pretrain(config, { out: join(folder, "none") })).rejects.toThrow(/Even batchSize 2 needs about/);
  await pretrain(config, { out, ignoreMemory: true, onProgress });
  expect(messages.join("\n")).toMatch(/more memory is needed than is free/);
  fake.freeBytes = 1.1 * stepBytes;
  await pretrain(config, { out: join(folder, "close"), onProgress });
  expect(messages.at(-1)).toMatch(/memory may become short: batchSize 8/);
});

test.each([
  ["E_MEMORY", "out of the device's memory", /Steps of batchSize 8 need about \d+ MiB by estimate\. .*batchSize/],
  ["E_DEVICE", "the GPU was lost while it computed", /the GPU was lost while it computed\. Do something\./],
] as const)("%s in mid-run keeps the last checkpoint, and the run goes on from it", async (code, problem, expected) => {
  const folder = temporaryFolder();
  const config = toyConfig(folder, { schedule, checkpoint });
  const straight = await pretrain(config, { out: join(folder, "straight") });
  Object.assign(fake, { failAt: 2, failure: deviceError(code, problem) });
  const out = join(folder, "run");
  const error = await pretrain(config, { out }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, exitCode: 1 });
  const { message } = error as Error;
  expect(message).toMatch(expected);
  expect(message).toContain(`The last good checkpoint is kept: ${checkpointPath(out, 2)}.`);
  expect(message.split("\n")).toHaveLength(1);
  expect(readRunInfo(out)).toMatchObject({ status: "failed", steps: { done: 2 } });
  expect(listCheckpoints(out)).toEqual([1, 2]);
  fake.failAt = undefined;
  expect((await pretrain(config, { out, resume: true })).status).toBe("done");
  const losses = (run: string): number[] => readMetrics(run).map(({ loss }) => loss);
  expect(losses(out)).toEqual(losses(straight.folder));
});
