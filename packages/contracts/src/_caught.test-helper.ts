// What a call throws, as a LejepaError; anything else fails the test that asked.
import { isLejepaError, type LejepaError } from "./errors.ts";

export function caught(run: () => unknown): LejepaError {
  try {
    run();
  } catch (error) {
    if (isLejepaError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
