// Duplicates as `lejepa plan` reports them: which images, in which splits. Finding them is @lejepa/data's.
import type { DatasetItem, SplitName } from "@lejepa/contracts";
import { findNearPairs, type Sketch } from "@lejepa/data";

const mostPairs = 1000;

/** Images that are the same, or nearly. */
export interface DuplicateSet {
  readonly ids: readonly string[];
  /** The splits that they are in, each once. */
  readonly splits: readonly SplitName[];
}

/** All that were found. */
export interface DuplicateReport {
  /** Files that are equal byte by byte, among all. */
  readonly exact: readonly DuplicateSet[];
  /** Files that could go without losing an image. */
  readonly surplus: number;
  /** Pairs that look alike, among the decoded images of different groups; equal files are not counted again. */
  readonly near: readonly (DuplicateSet & { readonly correlation: number })[];
  /** The search for `near` stopped at many pairs: there are more. */
  readonly moreNear: boolean;
  /** Images that were compared for `near`. */
  readonly looked: number;
  /** Sets and pairs that lie in two splits: what is measured on one was seen in the other. */
  readonly acrossSplits: number;
}

/** What the report is made of. */
export interface DuplicateFindings {
  readonly equal: readonly (readonly DatasetItem[])[];
  /** By position in the items; empty without a split. */
  readonly splitOf: readonly (SplitName | undefined)[];
  /** Decoded items and their sketches. */
  readonly looked: readonly DatasetItem[];
  readonly sketches: readonly (Sketch | undefined)[];
}

/** Puts the findings together. */
export function reportDuplicates(
  items: readonly DatasetItem[],
  { equal, splitOf, looked, sketches }: DuplicateFindings,
): DuplicateReport {
  const split = new Map(items.map(({ id }, position) => [id, splitOf[position]]));
  // a file of several images lies where any of them does
  const byPath = new Map<string, Set<SplitName>>();
  for (const { id, source } of items) {
    const own = byPath.get(source.path) ?? new Set();
    byPath.set(source.path, own);
    const name = split.get(id);
    if (name !== undefined) own.add(name);
  }
  const exact = equal.map((set) => ({
    ids: set.map(({ id }) => id),
    splits: [...new Set(set.flatMap(({ source }) => [...(byPath.get(source.path) ?? [])]))],
  }));
  const setOf = new Map(equal.flatMap((set, i) => set.map(({ source }) => [source.path, i] as const)));
  const pairs = findNearPairs(sketches, mostPairs);
  const near = pairs.flatMap(({ first, second, correlation }) => {
    const [a, b] = [looked[first] as DatasetItem, looked[second] as DatasetItem];
    // neighbours in one file (frames, chips of a scene) or group (slices of a patient) are alike by nature, and stay together
    if (a.group !== undefined && a.group === b.group) return [];
    const known = setOf.get(a.source.path);
    if (a.source.path === b.source.path || (known !== undefined && known === setOf.get(b.source.path))) return [];
    const splits = [...new Set([split.get(a.id), split.get(b.id)])].filter((name) => name !== undefined);
    return [{ ids: [a.id, b.id], splits, correlation }];
  });
  return {
    exact,
    surplus: exact.reduce((sum, { ids }) => sum + ids.length - 1, 0),
    near,
    moreNear: pairs.length >= mostPairs,
    looked: looked.length,
    acrossSplits: [...exact, ...near].filter(({ splits }) => splits.length > 1).length,
  };
}
