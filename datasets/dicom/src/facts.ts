/**
 * What may be said of an image: numbers, and terms of the standard. Never text of the header.
 */
import type { DataSet } from "dicom-parser";
import { text } from "./attributes.ts";
import type { ImageAttributes } from "./image-attributes.ts";
import type { DicomHeader } from "./read-header.ts";
import { term } from "./vocabulary.ts";

/** The facts of an image. */
export function factsOf(
  { dataSet, syntax }: DicomHeader,
  image: ImageAttributes,
): Readonly<Record<string, string | number | boolean>> {
  const bodyPart = term(dataSet, "BodyPartExamined");
  const view = term(dataSet, "ViewPosition");
  return {
    modality: term(dataSet, "Modality") ?? "other",
    transferSyntax: syntax.name,
    photometric: image.photometric,
    rows: image.rows,
    columns: image.columns,
    frames: image.frames,
    samples: image.samples,
    bitsAllocated: image.bitsAllocated,
    bitsStored: image.bitsStored,
    signed: image.signed,
    ...(bodyPart !== undefined && { bodyPart }),
    ...(view !== undefined && { view }),
    lossy: wasLossy(dataSet) || syntax.lossy,
  };
}

// Lossy Image Compression: once lossy, always lossy
function wasLossy(dataSet: DataSet): boolean {
  return text(dataSet, "x00282110") === "01";
}
