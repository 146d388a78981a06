// The document of `lejepa preview`: which views were drawn, how hard they are, what the policy says. Numbers and names only; the words
// for people are in page.ts and sheet.ts. Images are named by their ids.
import type { ViewSpec } from "@lejepa/augment";
import {
  gridMeans,
  medianObjectArea,
  type PreviewGroup,
  type Separability,
  separability,
  type Spread,
} from "@lejepa/eval";
import { augmentationOf, type PlanDocument } from "../plan/plan-document.ts";
import type { ReadyConfig } from "../resolve-config.ts";
import { adviceOn, leastContrast } from "./advice.ts";
import { bandsOf } from "./display.ts";
import { type BandCounts, countStored, countViews, viewContrasts } from "./measure.ts";
import type { PreviewImages } from "./prepare.ts";

/** How well views of one image are told from those of others, see `separability` of @lejepa/eval. */
export interface Difficulty {
  /** Mean over images, half the width of its 95 % interval, and the lowest of an image. */
  readonly auroc: number;
  readonly halfWidth: number | null;
  readonly lowest: number;
  readonly same: Spread;
  readonly different: Spread;
}

/** By coarse pixels and by the features of the untrained encoder. */
export interface DifficultyOfPairs {
  readonly pixels: Difficulty;
  readonly features: Difficulty;
}

/** A view that was drawn. */
export interface PreviewView {
  readonly group: "global" | "local";
  readonly view: number;
  /** Box of the crop before turns, as shares of the image's width and height. */
  readonly crop: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly words: readonly string[];
}

/** The --json document. */
export interface PreviewDocument {
  readonly dataset: PlanDocument["dataset"];
  readonly augmentation: PlanDocument["augmentation"];
  readonly views: ViewSpec["groups"];
  readonly border: string;
  readonly stored: {
    readonly size: number;
    readonly channels: number;
    readonly dtype: string;
    /** Values shown as black and as white. */
    readonly range: readonly [number, number];
  };
  /** Channels that are shown. */
  readonly shown: string;
  readonly seed: number;
  readonly items: readonly { readonly id: string; readonly number: number; readonly views: readonly PreviewView[] }[];
  readonly difficulty: {
    readonly images: number;
    readonly encoder: string;
    /** Pairs of global views; null with one global view or one image. */
    readonly globals: DifficultyOfPairs | null;
    /** A global with a local view. */
    readonly globalWithLocal: DifficultyOfPairs | null;
  };
  /** Median share of the area that an object on a plain background covers; null where images show none. */
  readonly objectArea: number | null;
  /** Share of local views with next to no contrast. */
  readonly emptyLocals: number;
  /** Share of the views' pixels that are invalid. */
  readonly invalidShare: number;
  readonly histograms: readonly { readonly name: string; readonly before: BandCounts; readonly after: BandCounts }[];
  readonly advice: readonly string[];
  readonly files: { readonly html: string; readonly png: string };
}

/** What was drawn. */
export interface Drawing {
  readonly images: PreviewImages;
  /** Views of all rows of the store. */
  readonly groups: readonly PreviewGroup[];
  /** Rows to show. */
  readonly shown: readonly number[];
  readonly config: ReadyConfig;
  readonly files: PreviewDocument["files"];
}

/** Measures the views, and says what follows. */
export function previewDocument({ images, groups, shown, config, files }: Drawing): PreviewDocument {
  const { store, views, config: resolved, image } = images.data;
  const rows = images.items.map((_, row) => row);
  const difficulty = difficultyOf(groups, { images: rows.length, channels: store.channels });
  const objectArea = medianObjectArea(store, rows);
  const emptyLocals = emptyShare(images, groups);
  const { bands, invalid } = countViews(groups, views);
  const names =
    rows.length === 0
      ? []
      : bands.map((_, channel) => store.channelNames?.[channel] ?? nameOf(channel, store.channels));
  const histograms = countStored(store, rows, image.range).map((before, channel) => ({
    name: names[channel] as string,
    before,
    after: bands[channel] as BandCounts,
  }));
  const advice = adviceOn({
    images: rows.length,
    globalCosine: difficulty.globals?.pixels.same.median,
    globalAuroc: aurocs(difficulty.globals),
    localAuroc: aurocs(difficulty.globalWithLocal),
    emptyLocals,
    objectArea,
    localFrom: resolved.views.locals > 0 ? resolved.views.localScale[0] : 1,
    invalid,
    bands: histograms.map(({ name, before, after }) => ({
      name,
      clipped: [before.clipped, after.clipped],
      std: [before.std, after.std],
    })),
  });
  const { plugin, id } = config.dataset;
  const { title = id, license = "", citation = "" } = plugin ?? {};
  return {
    dataset: { id, title, license, citation },
    augmentation: augmentationOf(resolved, {
      asked: config.augment,
      domain: plugin?.domain.name ?? "natural",
      notes: images.notes,
    }),
    views: views.groups,
    border: views.border,
    stored: { size: store.width, channels: store.channels, dtype: store.dtype, range: image.range },
    shown: bandsOf({ channels: store.channels, ...(store.channelNames && { names: store.channelNames }) }).words,
    seed: config.seed,
    items: shown.map((row) => itemOf(row, images, groups)),
    difficulty: { images: rows.length, encoder: resolved.encoder.name, ...difficulty },
    objectArea: objectArea ?? null,
    emptyLocals,
    invalidShare: invalid,
    histograms,
    advice,
    files,
  };
}

const nameOf = (channel: number, channels: number): string =>
  channels === 1 ? "gray" : channels === 3 ? (["red", "green", "blue"][channel] as string) : `channel ${channel}`;

function aurocs(pairs: DifficultyOfPairs | null): { pixels: number; features: number } | undefined {
  return pairs === null ? undefined : { pixels: pairs.pixels.auroc, features: pairs.features.auroc };
}

// coarse enough that a shift by a pixel or two does not matter
const coarse = 8;

function difficultyOf(
  groups: readonly PreviewGroup[],
  { images, channels }: { readonly images: number; readonly channels: number },
): Pick<PreviewDocument["difficulty"], "globals" | "globalWithLocal"> {
  const [globals, locals] = (["global", "local"] as const).map((name) => {
    const group = groups.find((candidate) => candidate.name === name);
    if (group === undefined || images < 2) return undefined;
    const { pixels, size, embedding, views } = group;
    const grid = Math.min(coarse, ...groups.map((one) => one.size));
    return {
      views,
      pixels: { vectors: gridMeans(pixels, { channels, size, grid }), images },
      features: { vectors: embedding, images },
    };
  });
  const of = (a: typeof globals, b: typeof globals): DifficultyOfPairs | null => {
    if (a === undefined || b === undefined || (a === b && a.views < 2)) return null;
    return { pixels: flat(separability(a.pixels, b.pixels)), features: flat(separability(a.features, b.features)) };
  };
  return { globals: of(globals, globals), globalWithLocal: of(globals, locals) };
}

function flat({ auroc: { mean, halfWidth, values }, same, different }: Separability): Difficulty {
  return { auroc: mean, halfWidth, lowest: values.reduce((a, b) => Math.min(a, b), 1), same, different };
}

function emptyShare({ data: { store, views } }: PreviewImages, groups: readonly PreviewGroup[]): number {
  const locals = groups.find(({ name }) => name === "local");
  if (locals === undefined) return 0;
  const contrasts = viewContrasts(locals, store, views);
  return contrasts.filter((contrast) => contrast < leastContrast).length / Math.max(1, contrasts.length);
}

function itemOf(
  row: number,
  { data: { store }, items }: PreviewImages,
  groups: readonly PreviewGroup[],
): PreviewDocument["items"][number] {
  const views = groups.flatMap((group) =>
    Array.from({ length: group.views }, (_, view): PreviewView => {
      const at = view * store.count + row;
      const { left, top, width, height } = group.parameters[at] as (typeof group.parameters)[number];
      return {
        group: group.name,
        view,
        crop: {
          left: left / store.width,
          top: top / store.height,
          width: width / store.width,
          height: height / store.height,
        },
        words: group.words[at] as readonly string[],
      };
    }),
  );
  return { id: store.items[row]?.id ?? "", number: items[row] as number, views };
}
