// The checks, in the order they run: cheap ones first.
import { run } from "./command.mjs";
import { checkPacked } from "./packed.mjs";
import { oneCheck } from "./result.mjs";
import { runTests } from "./tests.mjs";

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {() => Promise<import("./result.mjs").Result>} run
 */

/** @param {string} name @param {string} what @param {string[]} command @returns {Step} */
const command = (name, what, [program = "", ...args]) => ({
  name,
  what,
  run: async () => oneCheck((await run(program, args, { echo: true })).code === 0),
});

/** @param {string} target */
const everywhere = (target) => ["nx", "run-many", "-t", target, "--outputStyle=static"];

/** @type {Step[]} */
export const steps = [
  command("sync", "project references follow the packages' dependencies", ["nx", "sync:check"]),
  command("format", "biome's format", ["biome", "format", "."]),
  // its default format takes colours from CI being set, whatever NO_COLOR says
  command("oxlint", "correctness and style rules", ["oxlint", "--format", "unix"]),
  command("lint", "boundaries, dependency lists, size limits (ESLint)", everywhere("lint")),
  command("typecheck", "types of sources and tests", everywhere("typecheck")),
  command("build", "every package builds", everywhere("build")),
  command("knip", "no unused files, exports or dependencies", ["knip", "--no-progress"]),
  { name: "packed", what: "tarballs: publint, attw, install, import, types, commands", run: checkPacked },
  { name: "test", what: "every package's tests", run: runTests },
];
