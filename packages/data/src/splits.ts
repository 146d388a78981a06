/**
 * Train, validation and test rows: grouped (no group in two splits), stratified by class, and the same for the same items
 * and seed in whatever order they are listed. Greedy, not an exact optimum: with few large groups the shares are rough.
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
  for (const [unit, name] of assignUnits(units, share)) {
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

function firstIdOfGroups(items: readonly DatasetItem[], rows: readonly number[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const row of rows) {
    const { id, group } = items[row] as DatasetItem;
    if (group === undefined) continue;
    const least = first.get(group);
    if (least === undefined || id < least) first.set(group, id);
  }
  return first;
}

function collectUnits(
  items: readonly DatasetItem[],
  rows: readonly number[],
  { stratify, seed }: SplitOptions,
): Unit[] {
  const units = new Map<string, Unit>();
  const firstIds = firstIdOfGroups(items, rows);
  for (const row of rows) {
    const { id, group, label } = items[row] as DatasetItem;
    // not by the group's own name: that may be a pseudonym, which depends on a key that is not the same everywhere
    const name = group === undefined ? `item ${id}` : `group of ${firstIds.get(group)}`;
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
  // an order drawn by hashing names: the listing's order is moot, and a new item moves few others
  return [...units.values()].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
}

/** Rows that a split still wants, in all and by class. */
interface Need {
  total: number;
  readonly classes: Map<string, number>;
}

type Shares = Readonly<Record<"validation" | "test", number>>;

function assignUnits(units: readonly Unit[], shares: Shares): Map<Unit, SplitName> {
  const counts = new Map<string, number>();
  for (const { classes } of units) for (const [kind, n] of classes) counts.set(kind, (counts.get(kind) ?? 0) + n);
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const result = new Map<Unit, SplitName>(units.map((unit) => [unit, "train"]));
  for (const name of ["test", "validation"] as const) {
    const share = shares[name];
    const classes = new Map([...counts].map(([kind, n]) => [kind, share * n]));
    fill({ total: share * total, classes }, name, result);
  }
  return result;
}

// what a unit may change in the squared distance from the wanted counts by class, in units of its own size squared: below
// -1 it fits wholly; then the largest remainders; in the end whatever meets the total
const tolerances = [-0.99, -0.8, -0.6, -0.4, -0.2, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, Number.POSITIVE_INFINITY];

function fill(need: Need, name: SplitName, result: Map<Unit, SplitName>): void {
  for (const tolerance of tolerances) {
    for (const [unit, home] of result) {
      if (home !== "train" || squaredChange(need.total, unit.rows.length) >= 0) continue;
      if (classChange(unit, need) >= tolerance * unit.rows.length ** 2) continue;
      result.set(unit, name);
      need.total -= unit.rows.length;
      for (const [kind, n] of unit.classes) need.classes.set(kind, (need.classes.get(kind) ?? 0) - n);
    }
  }
}

function classChange({ classes }: Unit, need: Need): number {
  let change = 0;
  for (const [kind, n] of classes) change += squaredChange(need.classes.get(kind) ?? 0, n);
  return change;
}

// of the squared distance from the wanted count when n rows are added
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
