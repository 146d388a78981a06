/**
 * A part of a dataset that stands for it: a few items spread over classes and groups by a seed, as a dataset of its own that
 * lists only these. For a look at pixels that must not read everything.
 */
import { type BoundDataset, type Dataset, type DatasetIndex, type DatasetItem, stream } from "@lejepa/contracts";

/**
 * Draws items: from each class in turn, and within a class from each group in turn, so that small classes and many groups are
 * seen. The same items for the same seed and ids, in the dataset's order; all of them when there are no more than `count`.
 */
export function sampleItems(items: readonly DatasetItem[], count: number, seed = 0): DatasetItem[] {
  if (items.length <= count) return [...items];
  const order = new Map(items.map((item) => [item, stream(seed, `sample ${item.id}`).uint32()]));
  const drawn = (a: DatasetItem, b: DatasetItem): number =>
    (order.get(a) as number) - (order.get(b) as number) || (a.id < b.id ? -1 : 1);
  const shuffled = [...items].sort(drawn);
  const byClass = deal(shuffled, ({ label = "" }) => label).map((members) =>
    takeInTurn(deal(members, ({ group, id }) => group ?? id)),
  );
  const chosen = new Set(takeInTurn(byClass).slice(0, count));
  return items.filter((item) => chosen.has(item));
}

function deal(items: readonly DatasetItem[], key: (item: DatasetItem) => string): DatasetItem[][] {
  const piles = new Map<string, DatasetItem[]>();
  for (const item of items) {
    const pile = piles.get(key(item));
    if (pile === undefined) piles.set(key(item), [item]);
    else pile.push(item);
  }
  return [...piles.values()];
}

function takeInTurn(piles: readonly (readonly DatasetItem[])[]): DatasetItem[] {
  const taken: DatasetItem[] = [];
  for (let turn = 0, left = piles; left.length > 0; turn++) {
    left = left.filter(({ length }) => length > turn);
    for (const pile of left) taken.push(pile[turn] as DatasetItem);
  }
  return taken;
}

/**
 * The same dataset with these items alone. It decodes in the calling process: meant for items that the cache has already
 * (`buildStore` with a `listing` puts them there).
 */
export function datasetOfItems(dataset: BoundDataset, listing: DatasetIndex): BoundDataset {
  const { module: _, ...plugin } = dataset.plugin as Dataset;
  return { ...dataset, plugin: { ...plugin, index: async () => listing } };
}
