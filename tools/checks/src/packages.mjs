// The workspace's packages, read from their package.json.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./command.mjs";

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} folder relative to the root
 * @property {boolean} published false for a package marked private
 * @property {string[]} entries import specifiers of its exports, package.json left out
 * @property {string[]} bins names of its commands
 */

/** @returns {Package[]} every package of the workspace */
export function workspacePackages() {
  return ["packages", "datasets", "tools"].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .flatMap((name) => readPackage(`${group}/${name}`)),
  );
}

/** @param {string} folder @returns {Package[]} */
function readPackage(folder) {
  const file = join(root, folder, "package.json");
  if (!existsSync(file)) return [];
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const entries = Object.keys(manifest.exports ?? {}).filter((key) => key !== "./package.json");
  return [
    {
      name: manifest.name,
      folder,
      published: manifest.private !== true,
      entries: entries.map((key) => manifest.name + key.slice(1)),
      bins: Object.keys(manifest.bin ?? {}),
    },
  ];
}
