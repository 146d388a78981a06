/**
 * The words that data sets use for their parts. Not how a set is split.
 */
import type { SplitName } from "./dataset.ts";

const splitNames: Readonly<Record<string, SplitName>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
  testing: "test",
};

/** The split that a name stands for, in any case; `undefined` for other words. */
export function splitNamed(name: string): SplitName | undefined {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(splitNames, key) ? splitNames[key] : undefined;
}
