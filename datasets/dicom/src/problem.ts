/**
 * The one way this plugin says that a file cannot be used. Texts are written here: nothing of a header is ever put into one
 * but numbers, tags, and names of the standard that were looked up in a list.
 */
import { LejepaError } from "@lejepa/contracts";

/** An error about one file, with no part of its header's text in it. */
export function unusable(problem: string, hint?: string): LejepaError {
  return new LejepaError({ code: "E_DECODE", where: "DICOM file", problem, hint });
}
