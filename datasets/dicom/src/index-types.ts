/**
 * What the index keeps: of an item, and of a file while the index is made. No values of headers but numbers and terms.
 */
import type { JsonValue } from "@lejepa/contracts";
import type { Plane } from "./frame-attributes.ts";

/** Where a frame is. */
export interface FramePlace {
  readonly path: string;
  /** Places in a ZIP archive, and in archives in it, outermost first. */
  readonly entries?: readonly ArchiveEntry[];
  /** Number of the frame, from 0. */
  readonly frame: number;
}

/** Where a file lies in a ZIP archive: what its directory says, so that reading one file needs no directory. */
export interface ArchiveEntry {
  /** Where its local header starts. */
  readonly offset: number;
  readonly compressedSize: number;
  readonly size: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly [detail: string]: JsonValue;
}

/** The source of an item. */
export interface FrameSource extends FramePlace {
  /** Bits of a stored shade; 16 unless all images of the set are in colour. */
  readonly depth?: 8 | 16;
  /** Neighbouring slices, where there are some. */
  readonly previous?: FramePlace;
  readonly next?: FramePlace;
}

/** A frame of a file, while the index is made. */
export interface IndexedFrame {
  readonly frame: number;
  readonly plane: Plane | undefined;
}

/** An image file, while the index is made. */
export interface IndexedImage {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly place: Omit<FramePlace, "frame">;
  /** Hash of the SOPInstanceUID, or of the content where there is none. */
  readonly id: string;
  /** Hash of the file's size, start and end: copies have the same. */
  readonly content: string;
  /** Another image with other content has the same UID; the id is of both. */
  readonly sharedUid?: boolean;
  /** Pseudonyms, to compare with those of a table of labels. */
  readonly uid: string | undefined;
  readonly patient: string | undefined;
  readonly group: string;
  readonly groupedBy: "patient" | "study" | "series" | "folder";
  readonly series: string;
  readonly instance: number | undefined;
  readonly frames: readonly IndexedFrame[];
  /** Frames of the object; more than 1 numbers the ids. */
  readonly frameCount: number;
  readonly colour: boolean;
  readonly inverted: boolean;
  readonly burnedIn: boolean;
  readonly label: string | undefined;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}
