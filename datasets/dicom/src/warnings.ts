/**
 * What a user should know about a set, in sentences with counts. No names of files, series or people.
 */
import type { DatasetItem } from "@lejepa/contracts";
import type { IndexedImage } from "./index-types.ts";
import type { DicomOptions } from "./options.ts";
import type { SeriesFindings } from "./series.ts";

interface Described {
  readonly options: DicomOptions;
  readonly images: readonly IndexedImage[];
  /** One for each series. */
  readonly findings: readonly SeriesFindings[];
  readonly items: readonly DatasetItem[];
}

/** The sentences, the ones about learning and privacy first. */
export function describe({ options, images, findings, items }: Described): string[] {
  const count = (test: (image: IndexedImage) => boolean): number => images.filter(test).length;
  const series = (finding: keyof SeriesFindings): number => findings.filter((found) => found[finding]).length;
  const of = (n: number): string => `${n} of ${findings.length} series`;
  const burned = count(({ burnedIn }) => burnedIn);
  const byStudy = count(({ groupedBy }) => groupedBy === "study" && options.group === "patient");
  const byFolder = count(({ groupedBy }) => groupedBy === "folder");
  const inverted = count((image) => image.inverted);
  const shared = count(({ sharedUid }) => sharedUid === true);
  const unlabelled = items.filter(({ label }) => label === undefined).length;
  const labelled = options.labels !== null || options.label !== "none";
  const colours = count(({ colour }) => colour);
  const sentences: (readonly [when: number, sentence: string])[] = [
    [burned, `${burned} images say that text is burned into them: it may name people, and a model can learn it.`],
    [byStudy, `${byStudy} images have no patient id and are grouped by study.`],
    [byFolder, `${byFolder} images have no ${options.group === "patient" ? "patient id or study" : options.group} and are grouped by folder.`],
    [labelled ? unlabelled : 0, `${unlabelled} of ${items.length} images have no label.`],
    [inverted, `${inverted} images have their lowest value shown white (MONOCHROME1)${options.window === "none" ? ", which physical values do not show" : " and are inverted"}.`],
    [colours === images.length ? 0 : colours, `${colours} of ${images.length} images are in colour; gray and colour images are mixed.`],
    [shared, `${shared} images have the SOPInstanceUID of another image with other content.`],
    [series("gaps"), `${of(series("gaps"))} have gaps between slices.`],
    [series("duplicates"), `${of(series("duplicates"))} have several slices at one position (copies, echoes or time points).`],
    [series("orientations"), `${of(series("orientations"))} mix orientations.`],
    [series("unplaced"), `${of(series("unplaced"))} have slices without a position and are ordered by instance number.`],
  ];
  return sentences.filter(([when]) => when > 0).map(([, sentence]) => sentence);
}
