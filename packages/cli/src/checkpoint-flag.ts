// The flags that name a checkpoint. Not the reading of it.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LejepaError, nearest } from "@lejepa/contracts";

/**
 * `last`, `best`, or a step.
 *
 * @throws LejepaError E_USAGE
 */
export function parseCheckpoint(text: string): "last" | "best" | number {
  if (text === "last" || text === "best") return text;
  if (/^\d+$/.test(text)) return Number(text);
  const similar = nearest(text, ["last", "best"]);
  throw new LejepaError({
    code: "E_USAGE",
    where: "--checkpoint",
    expected: "last, best, or a step",
    got: text,
    hint: similar && `Did you mean ${similar}?`,
  });
}

/** The run that a folder is, or that the checkpoint in it belongs to: RUN/checkpoints/STEP. */
export function runOfCheckpoint(folder: string): string {
  return existsSync(join(folder, "checkpoint.json")) ? dirname(dirname(resolve(folder))) : folder;
}
