// Runs the examples of the documentation that say they run (src/docs.mjs tells how they say it).
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { root, run } from "../src/command.mjs";
import { examplesIn, runnableExamples } from "../src/docs.mjs";
import { writeSamples } from "./_samples.test-helper.ts";

const minutes = 60_000;
const notCopied = [".git", ".nx", "runs"];

/** A folder that looks like the workspace's root, holds a few files of every format, and keeps what an example writes out of it. */
function standIn(): string {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-docs-"));
  for (const name of readdirSync(root))
    if (!notCopied.includes(name)) symlinkSync(join(root, name), join(folder, name));
  writeSamples(folder);
  return folder;
}

async function expectShellRuns(code: string): Promise<void> {
  const cwd = standIn();
  try {
    const { code: exit, output } = await run("bash", ["-euo", "pipefail", "-c", code], { cwd });
    expect(exit, output).toBe(0);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

async function expectModuleRuns(where: string, code: string): Promise<void> {
  const folder = new URL("../test-output/docs/", import.meta.url);
  const file = new URL(`${where.replaceAll(/[^\w]+/g, "-")}.ts`, folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, code);
  // an example may print: that is what it is for
  vi.spyOn(console, "log").mockImplementation(() => {});
  await import(file.pathname);
}

describe("examples", () => {
  for (const { where, language, long, code } of runnableExamples()) {
    test(`${where} runs`, { timeout: 10 * minutes }, async (context) => {
      context.skip(long && !process.env["LEJEPA_LONG"], "long examples of the documentation: set LEJEPA_LONG=1");
      if (language === "bash") await expectShellRuns(code);
      else await expectModuleRuns(where, code);
    });
  }
});

describe("finding them", () => {
  test("takes fences that say run, with their place", () => {
    const text = "a\n```bash run\nx\ny\n```\n```bash\nno\n```\n```ts run long\nz\n```\n";
    expect(examplesIn("A.md", text)).toEqual([
      { where: "A.md:2", language: "bash", long: false, code: "x\ny" },
      { where: "A.md:9", language: "ts", long: true, code: "z" },
    ]);
  });

  test("refuses a fence that never closes", () => {
    expect(() => examplesIn("A.md", "```ts run\nz\n")).toThrow("A.md:1: expected a closing fence");
  });

  test("a failing command fails", async () => {
    await expect(expectShellRuns("false | true")).rejects.toThrow("expected 1 to be +0");
  });
});
