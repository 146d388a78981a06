// Runs one call of `lejepa`: arguments to exit status, errors to one line. Loads nothing heavy: `--help` must be quick.
import type { CommanderError } from "commander";
import { createOutput, type Output } from "./output.ts";
import { createProgram } from "./program.ts";

/**
 * Runs `lejepa` with the given arguments (without node and script).
 *
 * Results go to stdout, everything else to stderr. Never throws for a wrong call or failed work: it prints
 * `CODE where: expected X, got Y. Hint.`
 *
 * @returns the exit status: 0 done, 1 the work failed, 2 the call or its input is wrong, 130 or 143 stopped by a signal
 */
export async function main(args: readonly string[]): Promise<number> {
  const output = createOutput(args);
  const outcome = { status: 0 };
  try {
    await createProgram(output, outcome).parseAsync(args, { from: "user" });
    return outcome.status;
  } catch (error) {
    if (!isCommanderError(error)) return report(output, error);
    // --help and --version arrive here, too
    if (error.exitCode === 0) return 0;
    // without a verb, the help on stderr has said it all
    if (error.code === "commander.help") return 2;
    return report(output, await usageError(error));
  }
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

// "error: unknown option '--seeed'\n(Did you mean --seed?)"
async function usageError({ message }: CommanderError): Promise<Error> {
  const { LejepaError } = await import("@lejepa/contracts");
  const [problem = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const hint = suggestion?.replace(/^\((.*)\)$/, "$1") ?? "See lejepa --help.";
  return new LejepaError({ code: "E_USAGE", where: "lejepa", problem, hint });
}

async function report(output: Output, error: unknown): Promise<number> {
  const { isLejepaError } = await import("@lejepa/contracts");
  const known = isLejepaError(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = known ? error.code : "E_INTERNAL";
  const line = `${code} ${oneLine(message)}${known ? "" : " This should not happen: please report it with the output of LEJEPA_DEBUG=1."}`;
  output.error(process.env["LEJEPA_DEBUG"] === "1" && error instanceof Error ? `${code} ${error.stack}` : line);
  if (output.json) {
    const parts = known ? { where: error.where, expected: error.expected, got: error.got, hint: error.hint } : {};
    output.document({ error: { code, message, ...parts } });
  }
  return stoppedStatus(error) ?? (known ? error.exitCode : 1);
}

// a signal's number, as shells count: see interrupt.ts
function stoppedStatus(error: unknown): number | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "signalStatus" in cause
    ? Number(cause.signalStatus)
    : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
