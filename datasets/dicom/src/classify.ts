/**
 * What kind of object a header belongs to: an image to learn from, or something else that is listed and left out. By SOP class
 * (PS3.4 annex B.5), image type and modality.
 */
import type { DataSet } from "dicom-parser";
import { text } from "./attributes.ts";
import { hasImageType, term } from "./vocabulary.ts";

const storage = "1.2.840.10008.5.1.4.1.1.";

/** SOP classes without an image that stands for what was imaged, by the start of their UID's end. */
const others: readonly (readonly [ends: RegExp, reason: string])[] = [
  [/^7(\.\d)?$/, "secondary captures"],
  [/^66\.4$|^66\.7$/, "segmentations"],
  [/^481\.2$/, "radiotherapy doses"],
  [/^481\.(3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25)$/, "radiotherapy objects"],
  [/^88\./, "structured reports"],
  [/^9\./, "waveforms"],
  [/^11\./, "presentation states"],
  [/^104\./, "encapsulated documents"],
  [/^66(\.\d+)?$/, "registrations, surfaces and raw data"],
  [/^67$/, "registrations, surfaces and raw data"],
  [/^68\./, "registrations, surfaces and raw data"],
  [/^(8|10|29|40)(\.\d+)?$/, "overlays, lookup tables and other retired objects"],
  [/^78\.|^79\.|^80\.|^200\.|^131$|^77\.1\.5\.3$/, "measurements and protocols"],
];

const modalityReasons: Readonly<Record<string, string>> = {
  SR: "structured reports",
  SEG: "segmentations",
  RTDOSE: "radiotherapy doses",
  RTPLAN: "radiotherapy objects",
  RTSTRUCT: "radiotherapy objects",
  RTRECORD: "radiotherapy objects",
  PR: "presentation states",
  KO: "structured reports",
  ECG: "waveforms",
  REG: "registrations, surfaces and raw data",
  DOC: "encapsulated documents",
};

/** Kinds of images that the option `include` can bring back. */
export type Includable = "secondary-capture" | "localizer";

/** Why an object is left out, and what would bring it in. */
export interface LeftOut {
  readonly reason: string;
  readonly includable?: Includable;
}

/** Why the object is no image to learn from; undefined for an image. */
export function leftOut(dataSet: DataSet, include: readonly Includable[]): LeftOut | undefined {
  const sopClass = text(dataSet, "x00080016");
  if (sopClass === "1.2.840.10008.1.3.10" || dataSet.elements["x00041220"] !== undefined) return { reason: "DICOMDIR" };
  const end = sopClass?.startsWith(storage) === true ? sopClass.slice(storage.length) : "";
  const byClass = others.find(([pattern]) => pattern.test(end))?.[1];
  const reason = byClass ?? modalityReasons[term(dataSet, "Modality") ?? ""];
  if (reason === "secondary captures") {
    return include.includes("secondary-capture") ? undefined : { reason, includable: "secondary-capture" };
  }
  if (reason !== undefined) return { reason };
  if (hasImageType(dataSet, "LOCALIZER") && !include.includes("localizer")) {
    return { reason: "localizers", includable: "localizer" };
  }
  return undefined;
}

/** Whether the header read so far settles that the object is left out. */
export function isSettled(dataSet: DataSet): boolean {
  const known = text(dataSet, "x00080016") !== undefined && dataSet.elements["x00080060"] !== undefined;
  return known && leftOut(dataSet, ["secondary-capture", "localizer"]) !== undefined;
}
