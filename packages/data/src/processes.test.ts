// Several processes and one cache: races and crashes.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
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

test("a process killed while it decodes loses almost nothing: the next build decodes the rest", async () => {
  const root = await temporaryFolder();
  const dataset = await writeToys(root, { ...manyToys(40), "050-a": { value: 50, mask: "0111111111111111" } });
  const cacheDir = join(root, "cache");
  const child = spawn(process.execPath, [script, join(root, "toys"), cacheDir, "100"]);
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  const linesIn = (name: string): number => readFileSync(join(cacheDir, name), "utf8").split("\n").length - 2;
  const journaled = (): number => {
    const journal = existsSync(cacheDir) ? files(cacheDir).find((name) => name.endsWith("rows.jsonl")) : undefined;
    return journal === undefined ? 0 : linesIn(journal);
  };
  while (journaled() < 10) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  const kept = journaled();
  expect(kept).toBeLessThan(41);
  const decoded: string[] = [];
  const store = await buildStore(dataset, {
    size: 4,
    channels: 3,
    cacheDir,
    workers: 1,
    log: (line) => line.startsWith("decoded") && decoded.push(line),
  });
  expect(decoded).toHaveLength(41 - kept);
  expect(files(cacheDir).filter((name) => name.includes(".unfinished-"))).toEqual([]);
  const again = await promisify(execFile)(process.execPath, [script, join(root, "toys"), join(root, "fresh"), "0"]);
  const rows = store.items.map((_, row) => row);
  const pixels = createHash("sha256").update(store.read(rows)).digest("hex");
  expect(JSON.parse(again.stdout)).toEqual({ count: 41, pixels, fingerprint: store.fingerprint });
  expect([...store.readMasks([40])][0]).toBe(0);
  store.close();
});
