// What a call rejects with, as a LejepaError; anything else fails the test that asked.
import { isLejepaError, type LejepaError } from "@lejepa/contracts";

export async function caught(run: () => unknown): Promise<LejepaError> {
  try {
    await run();
  } catch (error) {
    if (isLejepaError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
