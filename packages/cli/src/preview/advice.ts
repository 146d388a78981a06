// Rules of thumb on measured views, in plain words. Each says what was measured, and what to change.
import { cropsMiss, leastCropArea } from "@lejepa/eval";

/** What the rules look at. Absent: it could not be measured. */
export interface Measured {
  /** Images that were measured. */
  readonly images: number;
  /** Median cosine of two global views of one image, of pixels. */
  readonly globalCosine?: number | undefined;
  /** How well pairs of global views of one image are told from pairs of two, by pixels and by the untrained encoder. */
  readonly globalAuroc?: { readonly pixels: number; readonly features: number } | undefined;
  /** The same of a global with a local view. */
  readonly localAuroc?: { readonly pixels: number; readonly features: number } | undefined;
  /** Share of local views that show next to no contrast. */
  readonly emptyLocals: number;
  /** Share of the image's area that its object covers. */
  readonly objectArea?: number | undefined;
  /** Smallest share that a local crop covers. */
  readonly localFrom: number;
  /** Share of the views' pixels that are invalid. */
  readonly invalid: number;
  /** Of each channel: share of clipped values and standard deviation, before and after. */
  readonly bands: readonly {
    readonly name: string;
    readonly clipped: readonly [number, number];
    readonly std: readonly [number, number];
  }[];
}

/** Views with less than this share of their image's contrast show next to nothing. */
export const leastContrast = 0.2;

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const two = (value: number): string => value.toFixed(2);

/** Advice, the gravest first; empty when nothing stands out. */
export function adviceOn(measured: Measured): string[] {
  return [...recognition(measured), ...crops(measured), ...values(measured), ...few(measured)];
}

function recognition({ globalCosine, globalAuroc, localAuroc }: Measured): string[] {
  const lines: string[] = [];
  if (globalAuroc !== undefined && Math.max(globalAuroc.pixels, globalAuroc.features) < 0.65)
    lines.push(
      `Views are hardly recognisable: two global views of one image are no more alike than views of different images (${two(globalAuroc.pixels)} by pixels, ${two(globalAuroc.features)} by an untrained encoder; 0.5 is chance). Cut larger crops (views.globalScale), or weaken what changes most; unless the images themselves are all alike.`,
    );
  if (globalCosine !== undefined && globalAuroc !== undefined && globalCosine > 0.97 && globalAuroc.pixels > 0.99)
    lines.push(
      `Views are nearly identical: two global views of one image have a cosine of ${two(globalCosine)}. There is little to learn from telling them alike: cut smaller crops (views.globalScale), or add operations.`,
    );
  if (localAuroc !== undefined && Math.max(localAuroc.pixels, localAuroc.features) < 0.55)
    lines.push(
      `Local views say nothing about their image (${two(localAuroc.features)} by an untrained encoder; 0.5 is chance). Cut larger ones (views.localScale), unless the images themselves are all alike.`,
    );
  return lines;
}

function crops({ emptyLocals, objectArea, localFrom, invalid }: Measured): string[] {
  const lines: string[] = [];
  const small = objectArea !== undefined && cropsMiss(objectArea, localFrom) && emptyLocals > 0.05;
  if (small)
    lines.push(
      `Crops are too small for the object: it covers about ${percent(objectArea)} of the image, and local crops from ${percent(localFrom)} on can miss it (${percent(emptyLocals)} show next to nothing). Let views.localScale begin at ${two(leastCropArea(objectArea))}.`,
    );
  else if (emptyLocals > 0.2)
    lines.push(
      `${percent(emptyLocals)} of the local views show next to nothing of their image. Cut larger ones (views.localScale).`,
    );
  if (invalid > 0.25)
    lines.push(
      `${percent(invalid)} of the views' pixels are without data. Leave out images that are mostly empty, or cut chips with more valid pixels.`,
    );
  return lines;
}

function values({ bands }: Measured): string[] {
  const clipped = bands.filter((band) => band.clipped[1] - band.clipped[0] > 0.1);
  const flat = bands.filter((band) => band.std[1] < 0.5 * band.std[0]);
  const names = (some: Measured["bands"]): string => some.map(({ name }) => name).join(", ");
  return [
    ...(clipped.length > 0
      ? [
          `Values are clipped: ${percent(Math.max(...clipped.map((band) => band.clipped[1])))} of the views are black or white (${names(clipped)}), far more than of the images. Weaken brightness and contrast, or widen the range of the stored values.`,
        ]
      : []),
    ...(flat.length > 0
      ? [
          `Views are washed out: less than half of the images' spread of values is left (${names(flat)}). Weaken contrast and blur, or cut larger crops.`,
        ]
      : []),
  ];
}

function few({ images }: Measured): string[] {
  return images < 16 ? [`Only ${images} images were measured: the figures are rough.`] : [];
}
