// Runs a program that setup needs (npm, python, g++) and turns how it fails into one line for the user.
import { spawn } from "node:child_process";
import { LejepaError } from "@lejepa/contracts";

/** How a program is run. */
export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What is said when the program is not there: where to get it. */
  readonly missing: string;
}

/**
 * Standard output of the program.
 *
 * @throws LejepaError E_USAGE when it is not installed, E_IO when it fails: with the last line that it wrote
 */
export function runTool(program: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const { cwd, env, missing } = options;
  return new Promise((resolve, reject) => {
    const run = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    run.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
    run.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
    run.on("error", (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === "ENOENT" ? "is not installed" : `cannot be run: ${cause.message}`;
      reject(new LejepaError({ code: "E_USAGE", where: program, problem, hint: missing, cause }));
    });
    run.on("close", (status) => {
      if (status === 0) resolve(texts.stdout);
      else reject(failure(program, args, texts.stderr || texts.stdout, status));
    });
  });
}

function failure(program: string, args: readonly string[], text: string, status: number | null): LejepaError {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // npm's own lines only say that something failed
  const telling = lines.find((line) => /\berror: /i.test(line) && !line.startsWith("npm ")) ?? lines.at(-1);
  return new LejepaError({
    code: "E_IO",
    where: [program, ...args.slice(0, 2)].join(" "),
    problem: `ended with status ${status}: ${(telling ?? "no output").trim()}`,
  });
}
