// Several processes and one cache: races and crashes.
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { manyToys, temporaryFolder, writeToys } from "./_toy.test-helper.ts";
import { buildStore } from "./build-store.ts";

const script = fileURLToPath(new URL("../test/build-in-child.mjs", import.meta.url));
const files = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

test("processes that race for one cache all get the same store, and leave one", async () => {
  const root = await temporaryFolder();
  await writeToys(root, manyToys(40));
  const cacheDir = join(root, "cache");
  const runs = Array.from({ length: 3 }, () =>
    promisify(execFile)(process.execPath, [script, join(root, "toys"), cacheDir, "5"]),
  );
  const results = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(stdout) as { count: number });
  expect(results[0]).toMatchObject({ count: 40 });
  expect(results).toEqual([results[0], results[0], results[0]]);
  const left = files(cacheDir);
  expect(left.map((name) => name.split("/").length)).toEqual([1, 2, 3, 3]);
  expect(left.slice(2).map((name) => name.split("/").at(-1))).toEqual(["images.npy", "index.json"]);
});

test("a process killed while it decodes does no harm", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, manyToys(40));
  const cacheDir = join(root, "cache");
  const child = spawn(process.execPath, [script, join(root, "toys"), cacheDir, "50"]);
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  while (!existsSync(cacheDir) || !files(cacheDir).some((name) => name.endsWith("images.npy"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  expect(files(cacheDir).some((name) => name.includes(".unfinished-"))).toBe(true);
  const store = await buildStore(dataset, { size: 4, channels: 3, cacheDir, workers: 2 });
  const again = await promisify(execFile)(process.execPath, [script, join(root, "toys"), cacheDir, "0"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ count: 40, fingerprint: store.fingerprint });
  store.close();
});
