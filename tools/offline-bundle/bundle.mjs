// Packs the running Node, lejepa with what it depends on, and a project, for a machine without network:
//   node tools/offline-bundle/bundle.mjs [--project DIR] [--dataset ID ...] [--out DIR] [--max-size 64MiB] [--gpu-check] [--cuda]
// --gpu-check adds the command that checks a machine's devices, --cuda what `lejepa setup cuda` has installed here.
// Run it on a system like the other one (same operating system and processor), after `npm ci && npm run build`.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import { cudaHome } from "@lejepa/engine";
import { parseSize, writeParts } from "./src/parts.mjs";
import { stage } from "./src/stage.mjs";

/** @returns {Promise<void>} */
async function main() {
  const { values } = parseArgs({
    options: {
      project: { type: "string" },
      dataset: { type: "string", multiple: true, default: [] },
      out: { type: "string", default: "lejepa-offline" },
      "max-size": { type: "string", default: "1GiB" },
      "gpu-check": { type: "boolean", default: false },
      cuda: { type: "boolean", default: false },
    },
  });
  const limit = parseSize(values["max-size"]);
  const out = resolve(values.out);
  const project = values.project === undefined ? undefined : resolve(values.project);
  if (existsSync(out)) throw usage("--out", "a new folder", values.out);
  if (project !== undefined && !existsSync(project)) throw usage("--project", "a folder", values.project ?? "");
  const folder = mkdtempSync(join(tmpdir(), "lejepa-bundle-"));
  try {
    const cuda = values.cuda ? cudaHome() : undefined;
    if (cuda !== undefined && !existsSync(cuda)) throw usage("--cuda", "an installation (lejepa setup cuda)", cuda);
    await stage(folder, { project, datasets: values.dataset, gpuCheck: values["gpu-check"], cuda });
    mkdirSync(out, { recursive: true });
    const parts = await writeParts(folder, out, limit);
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(
      `${parts.length} parts, ${(total / 2 ** 20).toFixed(0)} MiB, in ${values.out}; there: sh install.sh DIR`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} where @param {string} expected @param {string} got */
const usage = (where, expected, got) => new LejepaError({ code: "E_USAGE", where, expected, got });

try {
  await main();
} catch (error) {
  // parseArgs throws TypeErrors of its own
  if (!isLejepaError(error) && !(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
