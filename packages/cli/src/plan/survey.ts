// What `lejepa plan` finds out about the images: the index counted, files compared, a sample decoded. Says nothing to anyone;
// trains nothing.
import { type BoundDataset, type Config, type DatasetItem, isLejepaError } from "@lejepa/contracts";
import {
  type BuildProgress,
  buildStore,
  countClasses,
  countFacts,
  type FactCount,
  type FileSizes,
  findEqualFiles,
  groupBalance,
  groupsInTwoSplits,
  type GroupBalance,
  type ImageStore,
  type ItemList,
  listItems,
  measureFiles,
  type PixelScan,
  sampleItems,
  scanPixels,
  splitItems,
  splitOfItems,
  type Splits,
  suspectGroups,
  type SuspectedGroups,
} from "@lejepa/data";
import { type DuplicateReport, reportDuplicates } from "./duplicate-report.ts";
import { sampleFacts } from "./sample-facts.ts";

/** What was found. The store holds the sampled images; close it when done. */
export interface Survey {
  readonly listing: ItemList;
  readonly files: FileSizes;
  readonly facts: readonly FactCount[];
  /** Images whose facts were counted: all listed ones, or a few that were opened. */
  readonly factsOf: number;
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly groups: GroupBalance | undefined;
  readonly suspected: SuspectedGroups | undefined;
  readonly groupsInTwoSplits: readonly { readonly ids: readonly [string, string] }[];
  readonly splits: Splits | undefined;
  /** Why there is no split. */
  readonly splitProblem: string | undefined;
  /** Images that were to be decoded; those that were are the store's. */
  readonly sampled: readonly DatasetItem[];
  readonly store: ImageStore;
  /** Seconds that an image takes to decode here; `undefined` when all came from the cache. */
  readonly decodeSeconds: number | undefined;
  readonly pixels: PixelScan;
  readonly duplicates: DuplicateReport;
}

/** How to look. */
export interface SurveyOptions {
  /** Images to decode. */
  readonly sample: number;
  readonly signal: AbortSignal;
  note(line: string): void;
  onProgress(progress: BuildProgress): void;
}

type SurveyConfig = Pick<Config, "data"> & { readonly dataset: BoundDataset };

/**
 * Looks at a dataset.
 *
 * @throws LejepaError E_DATA without images or when no sampled one decodes; whatever the plugin throws; E_ABORTED, E_IO
 */
export async function survey(config: SurveyConfig, options: SurveyOptions): Promise<Survey> {
  const { dataset, data } = config;
  const { signal, note } = options;
  if (dataset.plugin === undefined) throw new TypeError("the plugin is not loaded");
  const listing = await listItems(dataset.plugin, dataset.options, { cacheDir: data.cacheDir, signal, log: note });
  const { items } = listing;
  const classes = countClasses(items);
  const groups = groupBalance(items);
  note(firstWords(listing, classes.length, groups));
  const { splits, problem: splitProblem } = trySplit(items, data.splits);
  const { store, sampled, decodeSeconds } = await decodeSample(config, listing, options);
  try {
    const files = await measureFiles(items, signal);
    const equal = await findEqualFiles(items, files, signal);
    const pixels = scanPixels(store);
    const splitOf = splits === undefined ? [] : splitOfItems(items.length, splits);
    const facts = await factsOf(config, items, sampled);
    return {
      listing,
      files,
      ...facts,
      classes,
      groups,
      suspected: suspectGroups(items),
      groupsInTwoSplits: groupsInTwoSplits(items),
      splits,
      splitProblem,
      sampled,
      store,
      decodeSeconds,
      pixels,
      duplicates: reportDuplicates(items, { equal, splitOf, looked: store.items, sketches: pixels.sketches }),
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

function firstWords({ items, skipped }: ItemList, classes: number, groups: GroupBalance | undefined): string {
  const left = skipped.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    `${items.length} images`,
    ...(classes > 0 ? [`${classes} ${classes === 1 ? "class" : "classes"}`] : []),
    ...(groups === undefined ? [] : [`${groups.groups} ${groups.groups === 1 ? "group" : "groups"}`]),
    ...(left > 0 ? [`${left} files left out`] : []),
  ];
  return `found ${parts.join(", ")}`;
}

// a dataset that contradicts itself is something to report, not the end of the plan
function trySplit(
  items: readonly DatasetItem[],
  options: Config["data"]["splits"],
): { splits: Splits | undefined; problem: string | undefined } {
  try {
    return { splits: splitItems(items, options), problem: undefined };
  } catch (error) {
    if (!isLejepaError(error, "E_DATA")) throw error;
    return { splits: undefined, problem: error.message };
  }
}

async function decodeSample(
  { dataset, data }: SurveyConfig,
  listing: ItemList,
  { sample, signal, note, onProgress }: SurveyOptions,
): Promise<Pick<Survey, "store" | "sampled" | "decodeSeconds">> {
  const sampled = sampleItems(listing.items, sample);
  const begin = performance.now();
  let reused = 0;
  const store = await buildStore(dataset, {
    size: data.imageSize,
    channels: data.channels,
    cacheDir: data.cacheDir,
    workers: data.workers,
    listing: { ...listing, items: sampled },
    signal,
    log: note,
    onProgress: (progress) => {
      reused = progress.reused;
      onProgress(progress);
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  const decoded = store.count - reused;
  // a whole store that was found in the cache reports nothing
  return { store, sampled, decodeSeconds: decoded > store.count / 2 ? seconds / decoded : undefined };
}

// what the index says of every image, else what a few files say when they are opened
async function factsOf(
  { dataset, data }: SurveyConfig,
  items: readonly DatasetItem[],
  sampled: readonly DatasetItem[],
): Promise<Pick<Survey, "facts" | "factsOf">> {
  const counted = items.filter(({ facts = {} }) => Object.keys(facts).length > 0);
  if (counted.length > 0) return { facts: countFacts(counted), factsOf: counted.length };
  const opened = await sampleFacts(dataset, sampled, data.cacheDir);
  return { facts: countFacts(opened), factsOf: opened.length };
}
