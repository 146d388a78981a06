// Finds the examples in the documentation that promise to run: code fences whose info string says `run`.
//   ```bash run        runs in a folder that looks like the workspace's root, beside small samples of every format
//   ```bash run long   the same, skipped unless LEJEPA_LONG is set
//   ```ts run          imported as a module of the workspace
// Fences without the word are for reading only.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./command.mjs";

/**
 * @typedef {object} Example
 * @property {string} where file and line of the fence
 * @property {"bash" | "ts"} language
 * @property {boolean} long
 * @property {string} code
 */

/** @returns {Example[]} the runnable examples of every Markdown file that git knows or would add */
export function runnableExamples() {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.md"];
  const files = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
  return files.flatMap((file) => examplesIn(file, readFileSync(join(root, file), "utf8")));
}

/** @param {string} file @param {string} text @returns {Example[]} */
export function examplesIn(file, text) {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const [, language, long] = /^```(bash|ts) run( long)?$/.exec(line) ?? [];
    if (language !== "bash" && language !== "ts") return [];
    const length = lines.slice(at + 1).indexOf("```");
    if (length < 0) throw new Error(`${file}:${at + 1}: expected a closing fence, got none.`);
    const code = lines.slice(at + 1, at + 1 + length).join("\n");
    return [{ where: `${file}:${at + 1}`, language, long: long !== undefined, code }];
  });
}
