// Runs one command of the workspace and waits for it. Not a shell: arguments are passed as they are.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The workspace's root folder. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

// no daemon to outlive the run, no terminal interface, no colours: the same output everywhere
const plain = { NX_DAEMON: "false", NX_TUI: "false", NO_COLOR: "1", FORCE_COLOR: "0" };

/**
 * Runs `command` and resolves to its exit code and output; never rejects for a failing command.
 * `echo` passes the output on while it comes; without it the output is only collected.
 *
 * @param {string} command a program, or the name of one in node_modules/.bin
 * @param {string[]} args
 * @param {{ cwd?: string, echo?: boolean, env?: Record<string, string> }} [options]
 * @returns {Promise<{ code: number, output: string }>} `output`: stdout and stderr in the order they came
 */
export function run(command, args, { cwd = root, echo = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const path = `${root}node_modules/.bin:${process.env["PATH"]}`;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...plain, PATH: path, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      output += chunk;
      if (echo) process.stdout.write(chunk);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
