// What the page of a comparison calls an image by its targets, and which test images it shows. Figures are not its business.
import type { Targets } from "@lejepa/eval";
import type { MapPoint } from "@lejepa/report";

/** The words for an image's class, labels or numbers; undefined where nothing is known. */
export function labelText(targets: Targets, row: number): string | undefined {
  if (targets.task === "classification") return targets.classes[targets.labels[row] as number];
  const known = knownOf(targets, row);
  if (known.length === 0) return undefined;
  if (targets.task === "regression") return known.map(([name, value]) => `${name} ${short(value)}`).join(", ");
  return positives(known).join(", ") || "none of the labels";
}

/** What a point of a map is coloured by: a class; its label, if it has exactly one; the first number. */
export function colourBy(targets: Targets, row: number): MapPoint["colourBy"] {
  if (targets.task === "classification") return labelText(targets, row) ?? "no label";
  const known = knownOf(targets, row);
  if (targets.task === "regression") return known.find(([name]) => name === targets.classes[0])?.[1] ?? Number.NaN;
  const names = positives(known);
  return names.length === 1 ? (names[0] as string) : "several or none";
}

/** Some of the rows, at most so many: classes or labels in turn; numbers from the smallest to the largest. */
export function differentRows(targets: Targets, rows: readonly number[], most: number): number[] {
  if (targets.task === "regression") return spreadByValue(targets, rows, most);
  const queues = targets.classes.map((name, j) => rows.filter((row) => hasClass(targets, row, { name, j })));
  const picked = new Set<number>();
  for (let i = 0; picked.size < most && queues.some((queue) => i < queue.length); i++) {
    for (const queue of queues) {
      const row = queue[i];
      if (row !== undefined && picked.size < most) picked.add(row);
    }
  }
  return [...picked];
}

type TableTargets = Exclude<Targets, { readonly task: "classification" }>;
type Known = readonly (readonly [name: string, value: number])[];

function knownOf({ classes, values: { data, columns } }: TableTargets, row: number): Known {
  const all = classes.map((name, j) => [name, data[row * columns + j] as number] as const);
  return all.filter(([, value]) => !Number.isNaN(value));
}

const positives = (known: Known): string[] => known.filter(([, value]) => value === 1).map(([name]) => name);

const short = (value: number): string => String(Number(value.toPrecision(4)));

function hasClass(targets: Targets, row: number, { name, j }: { readonly name: string; readonly j: number }): boolean {
  if (targets.task === "classification") return targets.labels[row] === j;
  return positives(knownOf(targets, row)).includes(name);
}

function spreadByValue(targets: TableTargets, rows: readonly number[], most: number): number[] {
  const first = (row: number): number => knownOf(targets, row)[0]?.[1] ?? 0;
  const sorted = rows.toSorted((a, b) => first(a) - first(b));
  const count = Math.min(most, sorted.length);
  return Array.from({ length: count }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / count)] as number);
}
