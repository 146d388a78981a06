// The runner itself: what it counts, how it ends.
import { expect, test } from "vitest";
import { run } from "../src/command.mjs";
import { addUp, inWords, oneCheck, skippedByReason } from "../src/result.mjs";
import { steps } from "../src/steps.mjs";

const runner = (...args: string[]) => run("node", ["tools/checks/run.mjs", ...args]);

test("results add up", () => {
  const total = addUp([oneCheck(true), oneCheck(false), { passed: 5, failed: 0, skipped: ["a: why", "a: why"] }]);
  expect(inWords(total)).toBe("6 passed, 1 failed, 2 skipped");
  expect(skippedByReason(total.skipped)).toEqual(["a: why (2)"]);
});

test("an unknown step is a wrong call", async () => {
  const { code, output } = await runner("--only", "oxlint,biuld");
  expect(code).toBe(2);
  expect(output).toContain('got "biuld"');
});

test("the last line is the total, and the exit code follows it", async () => {
  const { code, output } = await runner("--only", "oxlint");
  const last = /(?<passed>\d+) passed, (?<failed>\d+) failed, \d+ skipped\n$/.exec(output);
  expect(last?.groups).toEqual(code === 0 ? { passed: "1", failed: "0" } : { passed: "0", failed: "1" });
});

test("every step is listed", async () => {
  const { output } = await runner("--list");
  expect(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  ).toEqual(steps.map(({ name }) => name));
});

test("a command that does not exist fails", async () => {
  expect((await run("lejepa-no-such-command", [])).code).toBe(127);
});
