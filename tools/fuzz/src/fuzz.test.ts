import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { mutant } from "./mutate.ts";

// a PNG of 2 x 2 gray pixels
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGMQaGD44AAABHYBwbLowq0AAAAASUVORK5CYII=",
  "base64",
);

const one = (number: number, seed = 1) => mutant(png, { seed, number, kind: number });

test("a mutant is a function of file, seed and number, and seldom the file itself", () => {
  const made = Array.from({ length: 200 }, (_, number) => one(number));
  expect(made).toEqual(Array.from({ length: 200 }, (_, number) => one(number)));
  expect(new Set(made.map(({ kind }) => kind)).size).toBe(10);
  expect(made.filter(({ bytes }) => png.equals(bytes)).length).toBeLessThan(40);
  expect(one(1, 2)).not.toEqual(one(1));
  expect(png).toHaveLength(71);
});

test("empty and tiny files have mutants", () => {
  for (const length of [0, 1, 2, 3]) {
    for (let number = 0; number < 40; number++) {
      const { bytes } = mutant(png.subarray(0, length), { seed: 1, number, kind: number });
      expect(bytes).toBeInstanceOf(Uint8Array);
    }
  }
});

test("the whole way: a table, every mutant in one place, and no file against the rules", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-fuzz-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "gray.png"), png);
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    "--dataset",
    "folder",
    "--files",
    folder,
    "--mutants",
    "20",
  ]);
  const all = /^all\s+(.*)$/m.exec(stdout)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  expect(all).toHaveLength(7);
  expect(all.reduce((sum, count) => sum + count, 0)).toBe(20);
  expect(all.at(-1)).toBe(0);
});
