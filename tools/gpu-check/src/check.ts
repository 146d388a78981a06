// One check of one device, in its own process: `node check.js CHECK DEVICE quick|whole PRECISION`; one line of JSON on stdout.
import type { Engine, Precision } from "@lejepa/engine";
import { checkLosses } from "./losses.ts";
import { checkOps } from "./ops.ts";
import { checkSigreg } from "./sigreg.ts";
import { checkWorks } from "./works.ts";

/** What can be checked; each gives its findings as JSON. */
const checks = { works: checkWorks, ops: checkOps, sigreg: checkSigreg, losses: checkLosses } as const;

/** A check's name. */
export type CheckName = keyof typeof checks;

const [check = "", device = "", extent = "whole", precision = "float32"] = process.argv.slice(2);
const run = checks[check as CheckName];
try {
  if (run === undefined) throw new Error(`there is no check ${check}`);
  process.stdout.write(
    `${JSON.stringify(await run(device as Engine["device"], extent === "quick", precision as Precision))}\n`,
  );
} catch (error) {
  process.stdout.write(`${JSON.stringify({ problem: (error as Error).message })}\n`);
}
// a device may leave threads behind
process.exit();
