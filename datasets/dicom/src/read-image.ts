/**
 * One file for the index: opened, its header read, and what the index keeps of it; or why it is left out. Identities are
 * hashed here and nowhere else, so that nothing behind this file holds one.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { isLejepaError } from "@lejepa/contracts";
import type { DataSet } from "dicom-parser";
import { decimal, text } from "./attributes.ts";
import { withHead, type ByteSource } from "./byte-source.ts";
import { isSettled, leftOut, type Includable } from "./classify.ts";
import { isColour } from "./colour.ts";
import { isInverted } from "./display.ts";
import { factsOf } from "./facts.ts";
import { planeOf } from "./frame-attributes.ts";
import { imageAttributes, type ImageAttributes } from "./image-attributes.ts";
import type { IndexedFrame, IndexedImage } from "./index-types.ts";
import { openSource } from "./open-source.ts";
import type { DicomOptions } from "./options.ts";
import { firstPiece, readHeader, type DicomHeader, type PixelElement } from "./read-header.ts";
import type { FoundFile } from "./scan.ts";
import { kindOf } from "./skip-list.ts";
import { looksLikeDicom } from "./start-of-file.ts";
import { nativeBytes } from "./stored-frame.ts";
import { term } from "./vocabulary.ts";

/** An image, or the reason why the file is none that is used. */
export type ReadImage =
  | { readonly image: IndexedImage }
  | { readonly reason: string; readonly includable?: Includable };

/** What reading needs besides the file. */
export interface ReadImageOptions {
  readonly options: DicomOptions;
  readonly hashGroup: (identity: string) => string;
}

/** Reads one file. Never rejects for a bad file: the reason says what is wrong, in words of this plugin. */
export async function readImage(file: FoundFile, { options, hashGroup }: ReadImageOptions): Promise<ReadImage> {
  let opened: ByteSource | undefined;
  try {
    opened = await openSource(file.place);
    const source = await withHead(opened, firstPiece);
    if (!looksLikeDicom(await source.read(0, 512))) return { reason: `not DICOM: ${kindOf(file.path)}` };
    const header = await readHeader(source, { enough: isSettled });
    const out = leftOut(header.dataSet, options.include);
    if (out !== undefined) return out;
    if (header.pixels === undefined) return { reason: "objects without pixels" };
    const image = imageAttributes(header);
    const { dataSet } = header;
    if (isCutShort(header, image, source.size)) return { reason: "unusable: pixel data is cut short" };
    return {
      image: {
        path: file.path,
        place: file.place,
        ...(await identify(dataSet, source, options.labels === null ? undefined : hashGroup)),
        ...groupOf(dataSet, file, { options, hashGroup }),
        instance: decimal(dataSet, "x00200013"),
        frames: chosenFrames(image.frames, options.frames).map(
          (frame): IndexedFrame => ({ frame, plane: planeOf(dataSet, frame, image.frames) }),
        ),
        frameCount: image.frames,
        colour: isColour(image),
        inverted: !isColour(image) && isInverted(dataSet, image),
        burnedIn: text(dataSet, "x00280301")?.toUpperCase() === "YES",
        label: typeof options.label === "object" ? term(dataSet, options.label.attribute) : undefined,
        facts: factsOf(header, image),
      },
    };
  } catch (error) {
    if (isLejepaError(error))
      return { reason: `unusable: ${error.message.replace(/^DICOM file: /, "").replace(/\.$/, "")}` };
    return { reason: "unusable: cannot be read" };
  } finally {
    await opened?.close();
  }
}

// what decoding would find out; and no list of a billion frames for a header that says so
function isCutShort({ pixels, syntax }: DicomHeader, image: ImageAttributes, size: number): boolean {
  const { offset, length } = pixels as PixelElement;
  if (length === undefined) return image.frames > size / 8;
  return nativeBytes(image) > length || (!syntax.deflated && offset + length > size);
}

/** Frames that become items, by the option `frames`. */
function chosenFrames(count: number, choice: DicomOptions["frames"]): number[] {
  if (choice === "first") return [0];
  if (choice === "middle") return [Math.floor(count / 2)];
  const every = choice === "all" ? 1 : choice.every;
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
}

/** 16 hexadecimal digits of SHA-256. */
export function shortHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

type Identity = Pick<IndexedImage, "id" | "uid" | "patient" | "content">;

// hashes of identities only where a table asks for them; the UID is the same on every machine; where there is none, the header and the end of the file stand for it
async function identify(
  dataSet: DataSet,
  source: ByteSource,
  hashGroup?: (identity: string) => string,
): Promise<Identity> {
  const uid = text(dataSet, "x00080018");
  const patient = text(dataSet, "x00100020");
  const piece = 16 << 10;
  const content = shortHash(
    String(source.size),
    await source.read(0, piece),
    await source.read(Math.max(piece, source.size - piece), piece),
  );
  return {
    id: uid === undefined ? content : shortHash("SOP instance", uid),
    content,
    uid: uid === undefined ? undefined : hashGroup?.(`SOP instance\0${uid}`),
    patient: patient === undefined ? undefined : hashGroup?.(`patient id\0${patient}`),
  };
}

type Grouping = Pick<IndexedImage, "group" | "groupedBy" | "series">;

function groupOf(dataSet: DataSet, file: FoundFile, { options, hashGroup }: ReadImageOptions): Grouping {
  const folder = dirname(file.path);
  const patient = text(dataSet, "x00100020");
  const issuer = text(dataSet, "x00100021") ?? "";
  const study = text(dataSet, "x0020000d");
  const series = text(dataSet, "x0020000e");
  const candidates = {
    patient: patient === undefined ? undefined : `patient\0${issuer}\0${patient}`,
    study: study === undefined ? undefined : `study\0${study}`,
    series: series === undefined ? undefined : `series\0${series}`,
    folder: `folder\0${folder}`,
  };
  const order = {
    patient: ["patient", "study", "folder"],
    study: ["study", "folder"],
    series: ["series", "folder"],
  } as const;
  const groupedBy = order[options.group].find((level) => candidates[level] !== undefined) ?? "folder";
  return {
    group: hashGroup(candidates[groupedBy] as string),
    groupedBy,
    // a file without a series is one by itself
    series: shortHash("series", series ?? file.path),
  };
}
