// The page of a comparison: what it shows besides figures (neighbours, maps, pictures) is gathered here; its look is
// @lejepa/report's.
import type { DatasetItem } from "@lejepa/contracts";
import { type ImageStore, type Splits, valueRange } from "@lejepa/data";
import type { Engine } from "@lejepa/engine";
import {
  type Candidate,
  type Comparison,
  knownRows,
  labelledRows,
  labelsOf,
  type Matrix,
  pickRows,
  placeRows,
  type Targets,
} from "@lejepa/eval";
import {
  comparisonPage,
  type FeatureMap,
  galleryOf,
  mapFeatures,
  mostMapped,
  type NamedFeatures,
  type NamedRow,
  patchPictures,
  type PatchPictures,
  pictureUrl,
} from "@lejepa/report";
import { colourBy, differentRows, labelText } from "./report-targets.ts";
import type { ReadyConfig } from "./resolve-config.ts";

/** What a page is made of. */
export interface ComparisonReportOptions {
  readonly comparison: Comparison;
  readonly candidates: readonly Candidate[];
  readonly store: ImageStore;
  /** Absent: the classes of the store. */
  readonly targets?: Targets | undefined;
  readonly splits: Splits;
  readonly config: ReadyConfig;
  /** False: no pictures (text may be burned into medical images). */
  readonly pictures: boolean;
  readonly signal: AbortSignal;
}

const mostQueries = 8;
const mostPatched = 4;

/** The page. Features come out of the cache that the comparison has filled. */
export async function comparisonReport(engine: Engine, options: ComparisonReportOptions): Promise<string> {
  const { comparison, store, splits, config, pictures, targets = labelsOf(options.store) } = options;
  const features = await featuresOf({ ...options, targets });
  const test = [...knownRows(targets, splits.test)];
  const name = (row: number): NamedRow => ({
    row,
    id: (store.items[row] as DatasetItem).id,
    label: labelText(targets, row),
  });
  const gallery = pictures
    ? await galleryOf(engine, features, {
        queries: differentRows(targets, test, mostQueries),
        train: splits.train,
        // 14 beside each other fill the page
        k: Math.max(3, Math.min(5, Math.floor(14 / features.length))),
        name,
      })
    : [];
  const shown = new Set(
    gallery.flatMap(({ query, nearest }) => [query, ...nearest.flatMap(({ images }) => images)]).map(({ row }) => row),
  );
  const ranges = [valueRange(store, splits.train)];
  const urls = new Map<number, string>();
  for (const row of shown) urls.set(row, await pictureUrl(store, row, { ranges, side: 96 }));
  return comparisonPage(comparison, {
    gallery,
    maps: await mapsOf(features, { store, targets, test, seed: config.seed, ranges: pictures ? ranges : undefined }),
    patches: pictures ? await patchesOf(differentRows(targets, test, mostPatched), { ...options, ranges }) : [],
    pictures: urls,
    dataCard: dataCard(store, config),
  });
}

async function featuresOf({
  candidates,
  store,
  targets,
  splits,
  signal,
}: ComparisonReportOptions & { readonly targets: Targets }): Promise<NamedFeatures[]> {
  const rows = labelledRows(targets, splits);
  const all: NamedFeatures[] = [];
  for (const { name, encoders } of candidates) {
    const [first] = encoders;
    if (first === undefined) continue;
    const { embedding } = await first.extract(store, rows, { signal });
    all.push({ encoder: name, features: placeRows(embedding, rows, store.count) });
  }
  return all;
}

interface PatchOptions extends ComparisonReportOptions {
  readonly ranges: readonly (readonly [number, number])[];
}

// of every transformer
async function patchesOf(rows: readonly number[], options: PatchOptions): Promise<PatchPictures[]> {
  const { candidates, store, ranges, signal } = options;
  const all: PatchPictures[] = [];
  for (const { name, encoders } of candidates) {
    const [first] = encoders;
    if (!first?.outputs.includes("patches")) continue;
    const { patches } = await first.extract(store, Uint32Array.from(rows), { outputs: ["patches"], signal });
    const urls = await patchPictures(patches as Matrix, first.featureDim);
    const images = await Promise.all(
      urls.map(async (url, i) => {
        const row = rows[i] as number;
        return {
          id: (store.items[row] as DatasetItem).id,
          image: await pictureUrl(store, row, { ranges, side: 96 }),
          patches: url,
        };
      }),
    );
    if (images.length > 0) all.push({ encoder: name, images });
  }
  return all;
}

interface MapOptions {
  readonly store: ImageStore;
  readonly targets: Targets;
  readonly test: readonly number[];
  readonly seed: number;
  /** Absent: no pictures. */
  readonly ranges?: PatchOptions["ranges"] | undefined;
}

const cardSide = 64;

async function mapsOf(all: readonly NamedFeatures[], options: MapOptions): Promise<FeatureMap[]> {
  const { store, targets, test, seed, ranges } = options;
  // every n-th, so that no class is cut off
  const step = Math.max(1, Math.ceil(test.length / mostMapped));
  const rows = test.filter((_, i) => i % step === 0);
  if (rows.length < 3) return [];
  const pictures = new Map<number, string>();
  if (ranges !== undefined)
    for (const row of rows) pictures.set(row, await pictureUrl(store, row, { ranges, side: cardSide }));
  return all.map(({ encoder, features }) => {
    const { method, points } = mapFeatures(pickRows(features, rows), seed);
    const named = points.map(([x, y], i) => {
      const row = rows[i] as number;
      const { id, group } = store.items[row] as DatasetItem;
      const label = labelText(targets, row) ?? "no label";
      return { x, y, id, group, label, colourBy: colourBy(targets, row), picture: pictures.get(row) };
    });
    return { encoder, method, points: named };
  });
}

function dataCard(store: ImageStore, { dataset, data }: ReadyConfig): [string, string][] {
  const { title = dataset.id, license = "", citation = "" } = dataset.plugin ?? {};
  const size = `${store.width} x ${store.height}, ${store.channels} ${store.channels === 1 ? "channel" : "channels"} of ${store.dtype}`;
  const cards: [string, string][] = [
    ["dataset", title],
    ["licence of the images", license],
    ["citation", citation],
    ["stored as", size],
    ["fingerprint", store.fingerprint],
    ["split seed", String(data.splits.seed)],
  ];
  return cards.filter(([, value]) => value !== "");
}
