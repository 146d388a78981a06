// Sizes of the images in the files, from the words that formats use for them.
import type { FactCount } from "@lejepa/data";

const pairs = [
  ["rows", "columns"],
  ["height", "width"],
] as const;

/** Median, smallest and largest of the shorter side, pixels; `undefined` when the facts do not say. */
export function shortSide(facts: readonly FactCount[]): { min: number; median: number; max: number } | undefined {
  for (const names of pairs) {
    const [rows, columns] = names.map((name) => facts.find((fact) => fact.name === name)?.range);
    if (rows === undefined || columns === undefined) continue;
    return {
      min: Math.min(rows.min, columns.min),
      median: Math.min(rows.median, columns.median),
      max: Math.min(rows.max, columns.max),
    };
  }
  return undefined;
}
