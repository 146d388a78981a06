// `npm test`: every check of the workspace, a summary, and as its last line the totals.
// Usage: node tools/checks/run.mjs [--only step,step] [--list]
import { parseArgs } from "node:util";
import { addUp, inWords, skippedByReason } from "./src/result.mjs";
import { steps } from "./src/steps.mjs";

const { values: options } = parseArgs({ options: { only: { type: "string" }, list: { type: "boolean" } } });
const only = options.only?.split(",");
const unknown = only?.find((name) => !steps.some((step) => step.name === name));

if (unknown !== undefined) {
  console.error(`npm test: expected steps of ${steps.map(({ name }) => name).join(", ")}, got "${unknown}".`);
  process.exitCode = 2;
} else if (options.list) {
  for (const step of steps) console.log(`${step.name.padEnd(10)} ${step.what}`);
} else {
  process.exitCode = await runAll(steps.filter((step) => only?.includes(step.name) ?? true));
}

/** @param {import("./src/steps.mjs").Step[]} chosen @returns {Promise<number>} the exit code */
async function runAll(chosen) {
  const results = [];
  const summary = [];
  for (const step of chosen) {
    console.log(`\n== ${step.name}: ${step.what}`);
    const start = performance.now();
    const result = await step.run().catch(failure);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    results.push(result);
    summary.push(
      `${result.failed === 0 ? "ok  " : "FAIL"} ${step.name.padEnd(10)} ${seconds.padStart(7)} s  ${inWords(result)}`,
    );
  }
  const total = addUp(results);
  console.log(`\n== summary\n${summary.join("\n")}`);
  if (total.skipped.length > 0) console.log(`\nskipped:\n  ${skippedByReason(total.skipped).join("\n  ")}`);
  console.log(`\n${inWords(total)}`);
  return total.failed === 0 ? 0 : 1;
}

/** @param {unknown} error @returns {import("./src/result.mjs").Result} */
function failure(error) {
  console.error(error);
  return { passed: 0, failed: 1, skipped: [] };
}
