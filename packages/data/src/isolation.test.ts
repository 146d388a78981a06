// What hostile files do to the process that decodes them stays there.
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bindDataset, type Dataset } from "@lejepa/contracts";
import { caught } from "@lejepa/contracts/testing";
import { expect, onTestFinished, test } from "vitest";
import { inProcessToy, manyToys, temporaryFolder, writeToys } from "./_toy.test-helper.ts";
import { type ToyFile, toy } from "./_toy-dataset.test-helper.ts";
import { buildStore } from "./build-store.ts";
import { createInspector } from "./call-plugin.ts";
import { listItems } from "./list-items.ts";

const limits = { seconds: 0.3, megabytes: 200 };
const script = fileURLToPath(new URL("../test/build-in-child.mjs", import.meta.url));

/** Reasons by id of a build over twenty good files and these. */
async function reasons(
  files: Readonly<Record<string, ToyFile>>,
  { workers = 2, seconds = 0.3 } = {},
): Promise<Record<string, string>> {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { ...manyToys(20), ...files });
  const store = await buildStore(dataset, {
    size: 4,
    channels: 3,
    cacheDir: join(root, "cache"),
    workers,
    limits: { ...limits, seconds },
  });
  onTestFinished(() => store.close());
  expect(store.count).toBe(20);
  return Object.fromEntries(store.failures.map(({ id, reason }) => [id.replace(".toy", ""), reason]));
}

test("crash, hang and a stray promise cost the file that did it, and no other", async () => {
  expect(
    await reasons({
      "004-abort": { fault: "abort" },
      "008-hang": { fault: "hang" },
      "010-stray": { fault: "stray" },
      "012-exit": { fault: "exit" },
      "013-throw": { fault: "throw" },
    }),
  ).toEqual({
    "004-abort": expect.stringMatching(/^the decoder crashed \((SIG[A-Z]+|exit code \d+)\)$/),
    "008-hang": "took longer than 0.3 s",
    "010-stray": "the decoder crashed (exit code 70)",
    "012-exit": "the decoder crashed (exit code 3)",
    "013-throw": "cannot decode 013-throw.toy: it is broken",
  });
});

test("so does one that fills the memory", async () => {
  // time enough to be caught by what it holds, however busy the machine
  expect(await reasons({ "003-fill": { fault: "fill" } }, { seconds: 20 })).toEqual({
    "003-fill": "needed more than 200 MB of memory",
  });
});

test("a decoder that waits for what never comes is given up by the clock", async () => {
  expect(await reasons({ "003-wait": { fault: "wait" } }, { workers: 1 })).toEqual({
    "003-wait": "took longer than 0.3 s",
  });
});

test("files that all crash end as failures, each with its reason", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, {
    "a-1": { fault: "exit" },
    "a-2": { fault: "exit" },
    "a-3": { fault: "exit" },
  });
  const error = await caught(() => buildStore(dataset, { size: 4, cacheDir: join(root, "cache"), workers: 2 }));
  expect(error.message).toContain("got 3 unreadable. For example a-1.toy: the decoder crashed (exit code 3);");
});

test("index: its errors keep their type and words; a crash and a hang are one", async () => {
  const root = await temporaryFolder();
  const list = (index: string) => () =>
    listItems(toy as unknown as Dataset, toy.options.parse({ path: root, index }), { cacheDir: root, limits });
  const refused = await caught(list("refuse"));
  expect(refused).toMatchObject({ code: "E_DATA", exitCode: 2, expected: "toys", got: "tools", hint: "Buy toys." });
  expect(refused.message).toBe("toy: expected toys, got tools. Buy toys.");
  await expect(list("throw")()).rejects.toThrow("it is broken");
  expect(await caught(list("exit"))).toMatchObject({
    code: "E_DATA",
    message: "dataset toy: the decoder crashed (exit code 3).",
  });
});

test("inspect in a process that lasts, and is replaced when a file ends it", async () => {
  const root = await temporaryFolder();
  await writeToys(root, { good: { value: 7 }, bad: { fault: "exit" }, stuck: { fault: "hang" } });
  const request = { stage: "stored", options: {} } as const;
  const inspector = createInspector(toy as unknown as Dataset, { cacheDir: root, limits });
  onTestFinished(() => inspector.close());
  const inspect = (name: string) => inspector.inspect(join(root, "toys", `${name}.toy`), request);
  expect(await inspect("good")).toMatchObject({ facts: { stage: "stored" }, data: Uint8Array.of(7) });
  expect((await caught(() => inspect("bad"))).message).toBe("dataset toy: the decoder crashed (exit code 3).");
  expect((await caught(() => inspect("stuck"))).message).toBe("dataset toy: took longer than 0.3 s.");
  expect((await inspect("good")).data).toEqual(Uint8Array.of(7));
  const here = createInspector(inProcessToy as unknown as Dataset, { cacheDir: root });
  expect((await here.inspect(join(root, "toys", "good.toy"), request)).shape).toEqual([1, 1]);
  await here.close();
});

const children = async (parent: number): Promise<number[]> => {
  const { stdout } = await promisify(execFile)("ps", ["-e", "-o", "pid=,ppid="]);
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, of]) => (of === parent && pid !== undefined ? [pid] : []));
};
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // one that has ended and was not waited for is gone too
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
};

test.runIf(process.platform === "linux")(
  "a parent that is killed leaves no process, not even a hanging one",
  async () => {
    const root = await temporaryFolder();
    await writeToys(root, { "a-1": { fault: "hang" }, "a-2": { value: 1 } });
    const parent = spawn(process.execPath, [script, join(root, "toys"), join(root, "cache"), "0"]);
    const pid = parent.pid as number;
    await until(async () => (await children(pid)).length > 0);
    const decoders = await children(pid);
    parent.kill("SIGKILL");
    await until(() => !decoders.some(alive));
    expect(decoders.filter(alive)).toEqual([]);
  },
);

test.runIf(process.platform === "linux")("aborting ends all processes", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { ...manyToys(10), "a-wait": { fault: "wait" } });
  const before = await children(process.pid);
  const controller = new AbortController();
  const build = buildStore(dataset, {
    size: 4,
    cacheDir: join(root, "cache"),
    workers: 2,
    signal: controller.signal,
    onProgress: ({ done, phase }) => phase === "decode" && done === 10 && controller.abort(),
  });
  expect((await caught(() => build)).code).toBe("E_ABORTED");
  // `ps` itself is among them, before and after
  expect(await children(process.pid)).toHaveLength(before.length);
});

test("channels: as many as the dataset names; another number is one clear error", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(2), { channels: ["red", "nir"], range: [0, 10] });
  const store = await buildStore(dataset, { size: 4, cacheDir: join(root, "cache"), workers: 1 });
  onTestFinished(() => store.close());
  expect(store).toMatchObject({
    channels: 2,
    channelNames: ["red", "nir"],
    range: [0, 10],
    warnings: ["these are toys"],
  });
  const error = await caught(() =>
    buildStore(dataset, { size: 4, channels: 3, cacheDir: join(root, "cache"), workers: 1 }),
  );
  expect(error).toMatchObject({ code: "E_CONFIG" });
  expect(error.message).toBe(
    "data.channels: expected 2 for the dataset toy (red, nir), got 3. Leave it out (null), or choose other channels in the dataset's options.",
  );
  const silent = bindDataset(toy, { path: join(root, "toys") });
  const three = await buildStore(silent, { size: 4, channels: null, cacheDir: join(root, "cache"), workers: 1 });
  onTestFinished(() => three.close());
  expect(three.channels).toBe(3);
});
