/**
 * Counts what is left out, by reason. File names are kept only when the user asked for them: they often are names of people.
 */
import { extname } from "node:path";
import type { Skipped } from "@lejepa/contracts";

const examples = 3;

/** Collects reasons. */
export interface SkipList {
  /** Adds a file, by its path relative to the root. */
  add(reason: string, path: string): void;
  /** The reasons, the most frequent one first. */
  list(): Skipped[];
}

/** An empty list; `names` keeps a few file names of each reason. */
export function createSkipList({ names }: { names: boolean }): SkipList {
  const found = new Map<string, { count: number; examples: string[] }>();
  return {
    add(reason, path) {
      const entry = found.get(reason) ?? { count: 0, examples: [] };
      found.set(reason, entry);
      entry.count += 1;
      if (names && entry.examples.length < examples) entry.examples.push(path.replaceAll("\\", "/"));
    },
    list() {
      const all = [...found].map(([reason, entry]) => ({ reason, ...entry }));
      return all.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
    },
  };
}

/** `.txt files`, or what to call a file without an extension that may be shown. */
export function kindOf(path: string): string {
  const extension = extname(path).toLowerCase();
  // a long or numeric extension is a part of a name
  return /^\.[a-z][a-z0-9]{0,4}$/.test(extension) ? `${extension} files` : "files without a known extension";
}
