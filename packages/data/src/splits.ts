/**
 * Train, validation and test rows: grouped (no group in two splits), stratified by class, and the same for the same items
 * and seed in whatever order they are listed. Greedy like scikit-learn's StratifiedGroupKFold, not an exact optimum.
 */
import { LejepaError, stream, type DatasetItem, type SplitName } from "@lejepa/contracts";
import type { Splits } from "./types.ts";

/** How to split; the `data.splits` section of a config fits. */
export interface SplitOptions {
  /** Share of all items for validation, [0, 1). */
  readonly validation: number;
  /** Share of all items for the test, [0, 1). */
  readonly test: number;
  /** Keep the shares of the classes equal. */
  readonly stratify: boolean;
  readonly seed: number;
}

const names = ["train", "validation", "test"] as const satisfies readonly SplitName[];

/** Items that move together: a group, or one item without a group. */
interface Unit {
  readonly name: string;
  readonly order: number;
  readonly rows: number[];
  /** Rows by class. */
  readonly classes: Map<string, number>;
}

/**
 * Splits items into rows for training, validation and test.
 *
 * A split fixed by the dataset (`item.split`) stands. Where it fixes a validation or test split, no further items are
 * taken for it; where it does not, the share is taken from the items that are fixed to train or not fixed at all.
 *
 * @throws LejepaError E_DATA when a group is fixed to two splits, or nothing is left to train on
 */
export function splitItems(items: readonly DatasetItem[], options: SplitOptions): Splits {
  const assigned = items.map(
    (item): Fixed => (item.split === "validation" || item.split === "test" ? item.split : undefined),
  );
  checkGroups(items, assigned);
  const share = {
    validation: assigned.includes("validation") ? 0 : options.validation,
    test: assigned.includes("test") ? 0 : options.test,
  };
  const free = [...items.keys()].filter((row) => assigned[row] === undefined);
  const units = collectUnits(items, free, options);
  const result: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  for (const [row, name] of assigned.entries()) if (name !== undefined) result[name].push(row);
  for (const [unit, name] of assignUnits(units, { train: 1 - share.validation - share.test, ...share })) {
    for (const row of unit.rows) result[name].push(row);
  }
  if (result.train.length === 0) throw nothingToTrain(items.length, units.length);
  return {
    train: Uint32Array.from(result.train).sort(),
    validation: Uint32Array.from(result.validation).sort(),
    test: Uint32Array.from(result.test).sort(),
  };
}

/** A split that the dataset fixes; items fixed to train may still be taken for validation or test. */
type Fixed = "validation" | "test" | undefined;

function checkGroups(items: readonly DatasetItem[], assigned: readonly Fixed[]): void {
  const seen = new Map<string, SplitName>();
  for (const [row, { group }] of items.entries()) {
    if (group === undefined) continue;
    const name = assigned[row] ?? "train";
    const other = seen.get(group);
    if (other !== undefined && other !== name) {
      throw new LejepaError({
        code: "E_DATA",
        where: "splits",
        expected: "every group in one split",
        got: `group ${JSON.stringify(group)} in ${other} and ${name}`,
        hint: "Images of one group are not independent: correct the dataset's split or its groups.",
      });
    }
    seen.set(group, name);
  }
}

function collectUnits(
  items: readonly DatasetItem[],
  rows: readonly number[],
  { stratify, seed }: SplitOptions,
): Unit[] {
  const units = new Map<string, Unit>();
  for (const row of rows) {
    const { id, group, label } = items[row] as DatasetItem;
    const name = group === undefined ? `item ${id}` : `group ${group}`;
    const unit: Unit = units.get(name) ?? {
      name,
      order: stream(seed, `split ${name}`).uint32(),
      rows: [],
      classes: new Map(),
    };
    units.set(name, unit);
    unit.rows.push(row);
    const kind = stratify ? (label ?? "") : "";
    unit.classes.set(kind, (unit.classes.get(kind) ?? 0) + 1);
  }
  // large units first, while there is room for them; then in an order drawn by hashing names, so listing order is moot
  return [...units.values()].sort(
    (a, b) => b.rows.length - a.rows.length || a.order - b.order || (a.name < b.name ? -1 : 1),
  );
}

interface Need {
  readonly name: SplitName;
  /** Rows still wanted, in all and by class. */
  total: number;
  readonly classes: Map<string, number>;
}

function* assignUnits(
  units: readonly Unit[],
  shares: Readonly<Record<SplitName, number>>,
): Generator<[Unit, SplitName]> {
  const counts = new Map<string, number>();
  for (const { classes } of units) for (const [kind, n] of classes) counts.set(kind, (counts.get(kind) ?? 0) + n);
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const needs: Need[] = names
    .filter((name) => shares[name] > 0)
    .map((name) => ({
      name,
      total: shares[name] * total,
      classes: new Map([...counts].map(([kind, n]) => [kind, shares[name] * n])),
    }));
  for (const unit of units) {
    const best = needs.reduce((left, right) => (cost(unit, right) < cost(unit, left) ? right : left));
    best.total -= unit.rows.length;
    for (const [kind, n] of unit.classes) best.classes.set(kind, (best.classes.get(kind) ?? 0) - n);
    yield [unit, best.name];
  }
}

// change of the squared distance from the wanted counts, by class and in all, when the unit goes there
function cost(unit: Unit, need: Need): number {
  let change = squaredChange(need.total, unit.rows.length);
  for (const [kind, n] of unit.classes) change += squaredChange(need.classes.get(kind) ?? 0, n);
  return change;
}

function squaredChange(wanted: number, n: number): number {
  return n * n - 2 * n * wanted;
}

function nothingToTrain(items: number, units: number): LejepaError {
  return new LejepaError({
    code: "E_DATA",
    where: "splits",
    expected: "images to train on",
    got: `none of ${items} (${units} free ${units === 1 ? "group" : "groups"})`,
    hint: "Lower data.splits.validation and data.splits.test, or check the splits that the dataset fixes.",
  });
}
