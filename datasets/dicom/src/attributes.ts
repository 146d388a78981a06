/**
 * Values of single attributes. An element that is absent, empty, or reaches over the end of what was read is undefined;
 * nothing here throws for a bad file.
 */
import type { DataSet, Element } from "dicom-parser";

/** The first value of a text attribute, trimmed. May be about a person: for hashing and comparing only. */
export function text(dataSet: DataSet, tag: string): string | undefined {
  const value = attempt(() => (hasValue(dataSet, tag) ? dataSet.string(tag, 0) : undefined));
  return value === undefined || value === "" ? undefined : value;
}

/** All values of a text attribute. */
export function texts(dataSet: DataSet, tag: string): string[] {
  const value = attempt(() => (hasValue(dataSet, tag) ? dataSet.string(tag) : undefined));
  return value === undefined || value === "" ? [] : value.split("\\").map((part) => part.trim());
}

/** The first number of a DS or IS attribute. */
export function decimal(dataSet: DataSet, tag: string): number | undefined {
  return decimals(dataSet, tag)[0];
}

/** The numbers of a DS or IS attribute; empty when one of them is none. */
export function decimals(dataSet: DataSet, tag: string): number[] {
  const values = texts(dataSet, tag).map((part) => (part === "" ? Number.NaN : Number(part)));
  return values.every(Number.isFinite) ? values : [];
}

/** A US attribute. */
export function unsigned(dataSet: DataSet, tag: string, index = 0): number | undefined {
  return attempt(() => (holds(dataSet, tag, 2 * index + 2) ? dataSet.uint16(tag, index) : undefined));
}

/** A US or SS attribute; which of them, the pixel representation says (PS3.5 section 6.2). */
export function either(
  dataSet: DataSet,
  tag: string,
  { signed, index = 0 }: { signed: boolean; index?: number },
): number | undefined {
  return attempt(() => {
    if (!holds(dataSet, tag, 2 * index + 2)) return undefined;
    return signed ? dataSet.int16(tag, index) : dataSet.uint16(tag, index);
  });
}

/** The first number of an FL or FD attribute. */
export function real(dataSet: DataSet, tag: string, vr: "FL" | "FD"): number | undefined {
  return attempt(() => {
    if (!holds(dataSet, tag, vr === "FL" ? 4 : 8)) return undefined;
    return vr === "FL" ? dataSet.float(tag) : dataSet.double(tag);
  });
}

/** The bytes of an element, in the file's byte order. */
export function bytesOf(dataSet: DataSet, tag: string): Uint8Array | undefined {
  const element = dataSet.elements[tag];
  if (element === undefined || !holds(dataSet, tag, 1)) return undefined;
  return dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
}

/** The 16-bit words of an element (OW or US), in its byte order. */
export function wordsOf(dataSet: DataSet, tag: string): Uint16Array | undefined {
  const bytes = bytesOf(dataSet, tag);
  if (bytes === undefined) return undefined;
  const words = new Uint16Array(Math.floor(bytes.length / 2));
  for (let i = 0; i < words.length; i++) words[i] = dataSet.byteArrayParser.readUint16(bytes, 2 * i);
  return words;
}

/** The data sets of a sequence's items. */
export function items(dataSet: DataSet, tag: string): DataSet[] {
  const found = dataSet.elements[tag]?.items ?? [];
  return found.map((item) => item.dataSet).filter((item) => item !== undefined);
}

function hasValue(dataSet: DataSet, tag: string): boolean {
  return holds(dataSet, tag, 1);
}

function holds(dataSet: DataSet, tag: string, bytes: number): boolean {
  const element: Element | undefined = dataSet.elements[tag];
  if (element === undefined || element.length < bytes) return false;
  return element.dataOffset + element.length <= dataSet.byteArray.length;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
