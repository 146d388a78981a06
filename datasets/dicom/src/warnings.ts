/**
 * What a user should know about a set, in sentences with counts. No names of files, series or people.
 */
import type { DatasetItem } from "@lejepa/contracts";
import type { IndexedImage } from "./index-types.ts";
import type { DicomOptions } from "./options.ts";
import type { SeriesFindings } from "./series.ts";

/** From here on, one patient is more likely a placeholder than a person. */
const manySeries = 10;

interface Described {
  readonly options: DicomOptions;
  readonly images: readonly IndexedImage[];
  /** One for each series. */
  readonly findings: readonly SeriesFindings[];
  readonly items: readonly DatasetItem[];
}

/** The sentences: privacy, splits and labels, pixels, series. */
export function describe({ options, images, findings, items }: Described): string[] {
  const count = (test: (image: IndexedImage) => boolean): number => images.filter(test).length;
  const missing = options.group === "patient" ? "a patient id and study" : `a ${options.group}`;
  const labelled = options.labels !== null || options.label !== "none";
  const inverted = options.window === "none" ? "which physical values do not show" : "which are inverted";
  const colours = count(({ colour }) => colour);
  const ofImages: readonly (readonly [what: string, n: number, all?: number])[] = [
    [
      "Images that say text is burned into them, which may name people and can be learned",
      count(({ burnedIn }) => burnedIn),
    ],
    [
      "Images without a patient id, grouped by study",
      count((image) => options.group === "patient" && image.groupedBy === "study"),
    ],
    [`Images without ${missing}, grouped by folder`, count(({ groupedBy }) => groupedBy === "folder")],
    ["Images without a label", labelled ? items.filter(({ label }) => label === undefined).length : 0, items.length],
    [`Images whose lowest value is white (MONOCHROME1), ${inverted}`, count((image) => image.inverted)],
    ["Colour images among gray ones", colours === images.length ? 0 : colours, images.length],
    ["Images with the SOPInstanceUID of another image but other content", count(({ sharedUid }) => sharedUid === true)],
  ];
  const patients = new Set(images.map(({ group }) => group)).size;
  const onePatient = options.group === "patient" && patients === 1 && findings.length >= manySeries;
  const of = (finding: keyof SeriesFindings): number => findings.filter((found) => found[finding]).length;
  const ofSeries: readonly (readonly [what: string, n: number, all?: number])[] = [
    [
      "Series that all name one patient (if that id is a placeholder, group by study: --set dataset.options.group=study)",
      onePatient ? findings.length : 0,
    ],
    ["Series with gaps between slices", of("gaps"), findings.length],
    ["Series with several slices at one position (copies, echoes or time points)", of("duplicates"), findings.length],
    ["Series that mix orientations", of("orientations"), findings.length],
    ["Series of slices without positions, ordered by instance number", of("unplaced"), findings.length],
  ];
  return [...ofImages, ...ofSeries]
    .filter(([, n]) => n > 0)
    .map(([what, n, all]) => `${what}: ${n}${all === undefined ? "" : ` of ${all}`}.`);
}
