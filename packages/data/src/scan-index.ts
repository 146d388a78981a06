/**
 * What an index says of a dataset, counted: facts of headers, classes, groups, and what could leak from one split into
 * another. Looks at no pixel and at no file.
 */
import type { DatasetItem, SplitName } from "@lejepa/contracts";
import type { Splits } from "./types.ts";

/** A value of a fact and how many items have it. */
export interface FactValue {
  readonly value: string | boolean | number;
  readonly count: number;
}

/** One fact over all items. */
export interface FactCount {
  readonly name: string;
  /** Items that have it. */
  readonly items: number;
  /** Different values. */
  readonly distinct: number;
  /** Most frequent first, `mostValues` at most. */
  readonly values: readonly FactValue[];
  /** Of numbers. */
  readonly range?: { readonly min: number; readonly median: number; readonly max: number };
}

const mostValues = 20;

/** Counts the facts of the items, in the order in which they are first met. */
export function countFacts(items: readonly Pick<DatasetItem, "facts">[]): FactCount[] {
  const counts = new Map<string, Map<string | boolean | number, number>>();
  for (const { facts = {} } of items) {
    for (const [name, value] of Object.entries(facts)) {
      const values = counts.get(name) ?? new Map<string | boolean | number, number>();
      counts.set(name, values);
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return [...counts].map(([name, values]) => summarise(name, values));
}

function summarise(name: string, values: ReadonlyMap<string | boolean | number, number>): FactCount {
  const sorted = [...values].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
  const numbers = sorted.filter((entry): entry is { value: number; count: number } => typeof entry.value === "number");
  return {
    name,
    items: sorted.reduce((sum, { count }) => sum + count, 0),
    distinct: sorted.length,
    values: sorted.slice(0, mostValues),
    ...(numbers.length === sorted.length && numbers.length > 0 && { range: rangeOf(numbers) }),
  };
}

function rangeOf(numbers: { value: number; count: number }[]): { min: number; median: number; max: number } {
  const sorted = [...numbers].sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
  let passed = 0;
  const median = sorted.find(({ count }) => (passed += count) >= half) ?? { value: 0 };
  return { min: sorted[0]?.value ?? 0, median: median.value, max: sorted.at(-1)?.value ?? 0 };
}

/** Items of each class, the largest first; items without are not counted. */
export function countClasses(items: readonly Pick<DatasetItem, "label">[]): { name: string; count: number }[] {
  return [...countBy(items, ({ label }) => label)]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** Sizes of the groups of a dataset. */
export interface GroupBalance {
  readonly groups: number;
  /** Items without a group. */
  readonly ungrouped: number;
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
  /** Share of the largest group among all items, [0, 1]. */
  readonly largestShare: number;
}

/** How items spread over groups; `undefined` when none has a group. */
export function groupBalance(items: readonly Pick<DatasetItem, "group">[]): GroupBalance | undefined {
  const sizes = [...countBy(items, ({ group }) => group).values()].sort((a, b) => a - b);
  if (sizes.length === 0) return undefined;
  const largest = sizes.at(-1) as number;
  return {
    groups: sizes.length,
    ungrouped: items.length - sizes.reduce((sum, size) => sum + size, 0),
    smallest: sizes[0] as number,
    median: sizes[Math.floor((sizes.length - 1) / 2)] as number,
    largest,
    largestShare: largest / items.length,
  };
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const name = key(item);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Groups that the dataset itself puts into two splits, with an item of each. */
export function groupsInTwoSplits(items: readonly DatasetItem[]): { readonly ids: readonly [string, string] }[] {
  const seen = new Map<string, Map<SplitName, string>>();
  for (const { id, group, split } of items) {
    if (group === undefined) continue;
    const splits = seen.get(group) ?? new Map<SplitName, string>();
    seen.set(group, splits);
    const name = split ?? "train";
    if (!splits.has(name)) splits.set(name, id);
  }
  return [...seen.values()].flatMap((splits) => {
    const [one, other] = splits.values();
    return one === undefined || other === undefined ? [] : [{ ids: [one, other] as const }];
  });
}

/** Names that suggest that several items show one thing though the dataset has no groups. */
export interface SuspectedGroups {
  readonly by: "folder" | "name";
  /** Groups that the names would make. */
  readonly groups: number;
  readonly largest: number;
  /** An item of the largest. */
  readonly example: string;
}

// a patient or scene has a few images; a handful of names for everything is classes or cameras
const fewestGroups = 4;
const mostOfGroup = 100;
const largestShare = 0.5;

/**
 * Groups that the items' names suggest: a folder below the class's (`class/patient7/3.png`), else the part of the file name
 * before its last number (`scan-17_03.png`). `undefined` when items have groups, or the names tell nothing. A guess: only worth
 * a warning.
 */
export function suspectGroups(
  items: readonly Pick<DatasetItem, "id" | "label" | "group">[],
): SuspectedGroups | undefined {
  if (items.some(({ group }) => group !== undefined)) return undefined;
  return suspect(items, "folder", folderOf) ?? suspect(items, "name", stemOf);
}

type Named = Pick<DatasetItem, "id" | "label">;

// a folder that is the class is no group
function folderOf({ id, label }: Named): string | undefined {
  const folders = id.split("/").slice(0, -1);
  return folders.length < 2 || folders.at(-1) === label ? undefined : folders.join("/");
}

function stemOf({ id }: Named): string | undefined {
  const found = /^(.*\d.*?|.*\D)[-_. ]+\w?\d+\.\w+$/.exec(id);
  // without a number of its own, what is left is the name of a class or a camera
  return found?.[1] !== undefined && /\d/.test(found[1].split("/").at(-1) ?? "") ? found[1] : undefined;
}

function suspect(
  items: readonly Named[],
  by: SuspectedGroups["by"],
  key: (item: Named) => string | undefined,
): SuspectedGroups | undefined {
  const groups = new Map<string, Named[]>();
  let named = 0;
  for (const item of items) {
    const name = key(item);
    if (name === undefined) continue;
    named += 1;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  const largest = [...groups.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
  // most items must have such a name, and a group two of them
  const telling =
    named >= 0.8 * items.length &&
    groups.size >= fewestGroups &&
    groups.size <= named / 1.5 &&
    groups.size >= named / mostOfGroup;
  if (!telling || largest.length > largestShare * items.length) return undefined;
  return { by, groups: groups.size, largest: largest.length, example: largest[0]?.id ?? "" };
}

/** The split of each item, by its position. */
export function splitOfItems(count: number, splits: Splits): (SplitName | undefined)[] {
  const result = Array.from<SplitName | undefined>({ length: count });
  for (const name of ["train", "validation", "test"] as const) for (const row of splits[name]) result[row] = name;
  return result;
}
