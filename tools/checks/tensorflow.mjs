// `npm run test:tensorflow`: installs TensorFlow by `lejepa setup tensorflow` unless it is there, then runs the tests that
// skip without it. Apart from `npm test`, since that installation downloads hundreds of megabytes.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findTensorflow } from "@lejepa/engine";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Tests by package: only these files know the device. */
const files = {
  engine: [
    "src/ops.tensorflow.test.ts",
    "src/tensorflow.test.ts",
    "src/leak.test.ts",
    "src/gradients.test.ts",
    "src/multi-head-attention.test.ts",
  ],
  core: ["src/engine.test.ts"],
  encoders: ["src/golden.test.ts"],
  train: ["src/training-step.test.ts"],
};

/** @param {string} folder @param {string} program @param {string[]} args @returns {number} the exit code */
function run(folder, program, args) {
  const { status } = spawnSync(program, args, { cwd: root + folder, stdio: "inherit" });
  return status ?? 1;
}

function main() {
  if (findTensorflow() === undefined) {
    const setup = run(".", process.execPath, [
      "packages/cli/bin/lejepa.js",
      "setup",
      "tensorflow",
      ...process.argv.slice(2),
    ]);
    if (setup !== 0) return setup;
  }
  const failed = Object.entries(files).filter(
    ([name, tests]) => run(`packages/${name}`, "npx", ["vitest", "run", ...tests]) !== 0,
  );
  console.log(failed.length === 0 ? "tensorflow: all passed" : `tensorflow: failed in ${failed.map(([name]) => name)}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = main();
