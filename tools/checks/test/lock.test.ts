// `npm ci` refuses a lock file that does not name the binaries of every platform (npm drops them when the registry at
// hand lacks one, or when it repairs a lock beside an installed node_modules).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../src/command.mjs";

interface Entry {
  version?: string;
  link?: boolean;
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as { packages: Record<string, Entry> };

/** The folder that Node finds `name` in, looked up from `from` outwards. */
function resolve(from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const candidate = base === "" ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (base === "") return undefined;
    if (!base.includes("/node_modules/")) base = "";
  }
}

test("the lock file names every optional dependency, of every platform", () => {
  const missing = Object.entries(lock.packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => resolve(from, name) === undefined),
  );
  expect(missing).toEqual([]);
});

test("every installed package has a version", () => {
  const without = Object.entries(lock.packages).filter(
    ([path, { version, link }]) => path.includes("node_modules/") && version === undefined && link !== true,
  );
  expect(without.map(([path]) => path)).toEqual([]);
});
