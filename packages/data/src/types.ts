/**
 * The types that the parts of this package share. Nothing runs here.
 */
import type { DatasetItem, PixelArray, PixelType, Skipped } from "@lejepa/contracts";

/** An item whose file could not be decoded. */
export interface DecodeFailure {
  readonly id: string;
  /** One line, without the absolute path. */
  readonly reason: string;
}

/** How far `buildStore` is. */
export interface BuildProgress {
  readonly phase: "index" | "decode";
  /** Items done in this phase, failed ones included. */
  readonly done: number;
  /** Items of this phase; 0 while unknown. */
  readonly total: number;
  readonly failed: number;
  /** Items taken from an earlier cache without decoding. */
  readonly reused: number;
}

/** Rows of a store, by split. Ascending; disjoint; together all rows. */
export interface Splits {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/** The shape of the images of a store. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly dtype: PixelType;
}

/**
 * Decoded images of one dataset, all of one form, with random access. Row r of the images belongs to `items[r]`.
 * Close it when done; the files stay.
 */
export interface ImageStore extends ImageForm {
  /** Rows. */
  readonly count: number;
  /** Elements of one image: `height * width * channels` (HWC). */
  readonly rowElements: number;
  /**
   * Stored values that are shown as black and as white: as the dataset says, else 0 and the largest value of uint8 and uint16.
   * Absent for int16 and float32 of which the dataset says nothing: `valueRange` finds it.
   */
  readonly range?: readonly [number, number];
  /** Names of the channels, if the dataset has any. */
  readonly channelNames?: readonly string[];
  /** What decoded, in the dataset's order. */
  readonly items: readonly DatasetItem[];
  /** Class names, sorted by code point; empty when no item has a label. */
  readonly classes: readonly string[];
  /** Class of each row as an index into `classes`, -1 without a label. */
  readonly labels: Int32Array;
  /** Identifies images, labels, groups and splits: equal fingerprints, equal data. Hexadecimal. */
  readonly fingerprint: string;
  readonly failures: readonly DecodeFailure[];
  /** Files that the dataset's index left out. */
  readonly skipped: readonly Skipped[];
  /** What the dataset's index says about the set as a whole. */
  readonly warnings: readonly string[];
  /** Remarks of the decoder with the number of images they apply to. */
  readonly notes: Readonly<Record<string, number>>;
  /** Where the images lie: `np.load(imagesFile, mmap_mode="r")` has shape [count, height, width, channels]. */
  readonly imagesFile: string;
  /** Where the masks lie, if any pixel of the store is invalid: uint8 [count, height, width]. */
  readonly masksFile?: string;
  /** Size of a pixel of each row, [row, column], where the dataset knows it. */
  readonly spacing?: readonly (readonly [number, number] | null)[];
  /** Bytes before the first pixel in `imagesFile`. */
  readonly headerBytes: number;
  /**
   * Reads rows, in the given order, repeats allowed.
   * @param rows row numbers
   * @param out filled from its start and returned; a new array of `rows.length * rowElements` when absent
   * @throws LejepaError E_USAGE for a row outside 0 .. count-1, E_IO when the file cannot be read
   */
  read(rows: ArrayLike<number>, out?: PixelArray): PixelArray;
  /**
   * Reads masks of rows: 1 where a pixel is valid, `rows.length * height * width`. All 1 without a `masksFile`.
   * @throws LejepaError as `read`
   */
  readMasks(rows: ArrayLike<number>): Uint8Array;
  close(): void;
}
