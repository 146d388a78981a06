// A run in another process is killed, not asked to stop, and goes on as if nothing had happened.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("pretrain-in-child.mjs", import.meta.url));

/** Runs the script; kills it once it has printed `killAfter`. Returns what it printed. */
function run(args: readonly string[], killAfter?: string): Promise<{ lines: string[]; signal: string | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (killAfter !== undefined && text.split("\n").includes(killAfter)) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", (_, signal) => resolve({ lines: text.trim().split("\n"), signal }));
  });
}

const weights = (folder: string): string[] =>
  ["model.safetensors", "optimizer.safetensors"].map((name) =>
    createHash("sha256")
      .update(readFileSync(join(folder, "checkpoints", "step-00000012", name)))
      .digest("hex"),
  );

test("killed twice and resumed twice, a run ends with the same weights, bit by bit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lejepa-kill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const straight = join(folder, "straight");
  expect((await run([folder, straight])).lines.at(-1)).toBe("done");
  const killed = join(folder, "killed");
  expect((await run([folder, killed], "5")).signal).toBe("SIGKILL");
  expect((await run([folder, killed, "resume"], "9")).signal).toBe("SIGKILL");
  const { lines } = await run([folder, killed, "resume"]);
  expect(Number(lines[0])).toBeGreaterThan(8);
  expect(lines.at(-1)).toBe("done");
  expect(weights(killed)).toEqual(weights(straight));
  const steps = readFileSync(join(killed, "metrics.jsonl"), "utf8").trim().split("\n");
  expect(steps.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
});
