/**
 * Errors across processes: a LejepaError arrives as one, with its code; of others the message and the code.
 */
import { isLejepaError, LejepaError } from "@lejepa/contracts";
import type { SentError } from "./plugin-tasks.ts";

/** What can be sent of an error. */
export function sendableError(error: unknown): SentError {
  if (!isLejepaError(error)) {
    const { message, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
    return { message, ...(code !== undefined && { code: String(code) }) };
  }
  const { code, where, expected, got, hint, exitCode } = error;
  // the sentence between `where` and the hint is the only trace of `problem`
  const said = expected === undefined && got === undefined ? error.message.slice(where.length + 2) : undefined;
  const problem = said !== undefined && hint !== undefined ? said.slice(0, said.lastIndexOf(hint)).trim() : said;
  return { lejepa: { code, where, expected, got, hint, exitCode, ...(problem && { problem }) } };
}

/** The error again. */
export function receivedError(sent: SentError): Error {
  if ("lejepa" in sent) return new LejepaError(sent.lejepa);
  return Object.assign(new Error(sent.message), sent.code !== undefined && { code: sent.code });
}
