// The step that runs every package's tests through nx and adds up the counts that the vitest reporter leaves.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./command.mjs";
import { workspacePackages } from "./packages.mjs";
import { addUp } from "./result.mjs";

/** @returns {Promise<import("./result.mjs").Result>} */
export async function runTests() {
  const tested = workspacePackages().filter(({ folder }) => existsSync(join(root, folder, "vitest.config.ts")));
  // what nx serves from its cache it puts back; what is left over from another run must not be counted
  for (const { folder } of tested) rmSync(join(root, folder, "test-output"), { recursive: true, force: true });
  const { code } = await run("nx", ["run-many", "-t", "test", "--outputStyle=static"], { echo: true });
  const result = addUp(tested.map(countsOf));
  // a run that failed without a failing test (a crash) is a failure too
  return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
}

/** @param {import("./packages.mjs").Package} project @returns {import("./result.mjs").Result} */
function countsOf({ name, folder }) {
  const file = join(root, folder, "test-output", "counts.json");
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: [] };
  /** @type {import("./counting-reporter.ts").TestCounts} */
  const counts = JSON.parse(readFileSync(file, "utf8"));
  return {
    passed: counts.passed,
    failed: counts.failed + counts.broken,
    skipped: counts.skipped.map((test) => `${name}: ${test.reason || test.name}`),
  };
}
