/**
 * Train, validation and test rows: grouped (no group and no place in two splits), stratified by class, and the same for the same items
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

/** Items that move together: a group, dates of a place, groups that share places; or one item without any. */
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
 * Dates of one place stay together too, except where the dataset's own split divides them.
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

// Not by the group's own name: that may be a pseudonym, which depends on a key that is not the same everywhere. A unit is named by the least
// id of its items.
function unitNames(items: readonly DatasetItem[], rows: readonly number[]): (row: number) => string {
  const links = createLinks();
  const keyOf = ({ id, group, place }: DatasetItem): string =>
    group !== undefined ? `group ${group}` : place !== undefined ? `place ${place}` : `item ${id}`;
  for (const row of rows) {
    const item = items[row] as DatasetItem;
    if (item.place !== undefined) links.join(keyOf(item), `place ${item.place}`);
  }
  const members = new Map<string, { least: string; count: number; grouped: boolean }>();
  for (const row of rows) {
    const item = items[row] as DatasetItem;
    const root = links.find(keyOf(item));
    const unit = members.get(root) ?? { least: item.id, count: 0, grouped: false };
    if (item.id < unit.least) unit.least = item.id;
    unit.count += 1;
    unit.grouped ||= item.group !== undefined;
    members.set(root, unit);
  }
  return (row) => {
    const unit = members.get(links.find(keyOf(items[row] as DatasetItem)));
    return unit !== undefined && (unit.grouped || unit.count > 1) ? `group of ${unit.least}` : `item ${unit?.least}`;
  };
}

// disjoint sets of names (Tarjan's union-find, with path halving)
function createLinks(): { find(name: string): string; join(a: string, b: string): void } {
  const parents = new Map<string, string>();
  const parentOf = (name: string): string => parents.get(name) ?? name;
  const find = (name: string): string => {
    let at = name;
    while (parentOf(at) !== at) {
      const next = parentOf(parentOf(at));
      parents.set(at, next);
      at = next;
    }
    return at;
  };
  return { find, join: (a, b) => void parents.set(find(a), find(b)) };
}

function collectUnits(
  items: readonly DatasetItem[],
  rows: readonly number[],
  { stratify, seed }: SplitOptions,
): Unit[] {
  const units = new Map<string, Unit>();
  const nameOf = unitNames(items, rows);
  for (const row of rows) {
    const { label } = items[row] as DatasetItem;
    const name = nameOf(row);
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
