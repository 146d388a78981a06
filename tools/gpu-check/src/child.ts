// Runs a program with a time limit and reads the JSON of its last line: a crash or a hang costs one cell of the report.
import { spawn } from "node:child_process";

/** No answer: why, and whether there was only too little time for one. */
export interface Failed {
  readonly problem: string;
  readonly late?: boolean;
}

/** Starts `command` and takes its last line for JSON. */
export function answerOf<T extends object>(
  command: readonly string[],
  { input = "", limitMs }: { readonly input?: string; readonly limitMs: number },
): Promise<T | Failed> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const run = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], timeout: limitMs, killSignal: "SIGKILL" });
    const texts = { stdout: "", stderr: "" };
    run.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
    run.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
    run.on("error", ({ message }) => resolve({ problem: message }));
    // a program that ends before it has read everything
    run.stdin.on("error", () => undefined);
    run.on("close", (code, signal) => {
      const answer = parsed<T>(lastLine(texts.stdout));
      if (answer !== undefined) return resolve(answer);
      if (signal === "SIGKILL")
        return resolve({ problem: `no answer within ${Math.round(limitMs / 1000)} s`, late: true });
      const end = `ended with ${signal ?? code}`;
      const said = lastLine(texts.stderr);
      resolve({ problem: said === "" ? end : `${end}: ${said}` });
    });
    run.stdin.end(input);
  });
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
