/**
 * Counts what is left out, by reason.
 */
import type { Skipped } from "@lejepa/contracts";

/** A list that grows. */
export interface SkippedList {
  add(reason: string, example: string, count?: number): void;
  list(): Skipped[];
}

/** Starts with what was left out before. */
export function createSkippedList(before: readonly Skipped[]): SkippedList {
  const entries = new Map(before.map(({ reason, count, examples }) => [reason, { count, examples: [...examples] }]));
  return {
    add(reason, example, count = 1) {
      const entry = entries.get(reason) ?? { count: 0, examples: [] };
      entries.set(reason, entry);
      entry.count += count;
      if (entry.examples.length < 3) entry.examples.push(example);
    },
    list: () => [...entries].map(([reason, entry]) => ({ reason, ...entry })).sort((a, b) => b.count - a.count),
  };
}
