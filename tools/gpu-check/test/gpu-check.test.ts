// The check itself, on the device that every machine has.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "lejepa-gpu-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

function run(args: readonly string[]): { status: number | null; text: string; findings: Record<string, unknown>[] } {
  const out = join(folder, String(args.length));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "--out", out, ...args], { encoding: "utf8" });
  const { findings } = JSON.parse(readFileSync(join(out, "gpu-check.json"), "utf8")) as { findings: [] };
  return { status, text: stdout + stderr + readFileSync(join(out, "gpu-check.md"), "utf8"), findings };
}

test("checks and measures the CPU, beside a device that is not there", { timeout: 900_000 }, () => {
  const devices = ["--device", "cpu", "--device", "abacus"];
  const { status, text, findings } = run(["--quick", "--python", "no-such-python", "--minutes", "14", ...devices]);
  expect(status, text).toBe(0);
  expect(findings.map(({ what, device, ok }) => [what, device, ok])).toEqual([
    ["works", "cpu", true],
    ["works", "abacus", null],
    ["SIGReg values", "cpu", true],
    ["ops", "cpu", true],
    ["sigreg 128x16x64", "cpu", null],
    ["vit 1 block", "cpu", null],
  ]);
  expect(text).toContain("| ops | cpu | float32 | ok | 134 of 134 kernels agree |");
  expect(text).toMatch(/\| vit 1 block \| cpu \| float32 \|\s+\| [\d.]+ ms a step, [\d.]+ views\/s \|/);
});

test("when the time is up, what has been found is there", { timeout: 120_000 }, () => {
  const { text, findings } = run(["--minutes", "0.001", "--device", "abacus", "--python", "no-such-python", "--quick"]);
  expect(findings.length).toBe(1);
  expect(text).toContain("the time is up");
});
