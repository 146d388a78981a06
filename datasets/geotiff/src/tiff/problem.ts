/**
 * The error of a raster that cannot be read: one line that names what is wrong or not supported. Never text from a header,
 * and of the path the file's name alone.
 */
import { LejepaError } from "@lejepa/contracts";

/** What is said of any file that does not start as TIFF and BigTIFF do. */
export const notTiff = "This is no TIFF file";

/** `NAME: problem. Hint.` as E_DECODE. */
export function unreadable(name: string, problem: string, hint?: string, cause?: unknown): LejepaError {
  return new LejepaError({ code: "E_DECODE", where: name, problem, hint, cause });
}
