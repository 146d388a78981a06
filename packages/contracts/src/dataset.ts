/**
 * The dataset contract: what a plugin declares, and how a config binds one to its options. No registry, no I/O and no
 * decoding here; `@lejepa/data` runs plugins.
 */
import type { z } from "zod";
import { LejepaError } from "./errors.ts";
import { describeIssues } from "./issues.ts";

/** A value that survives JSON and the way to a worker thread. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Element type of decoded pixels. */
export type PixelType = "uint8" | "uint16" | "int16" | "float32";

/** Pixels of one image, of the array type that belongs to its `dtype`. */
export type PixelArray = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** Names of the three parts of a dataset. */
export type SplitName = "train" | "validation" | "test";

/** Where an item's pixels are. `path` is an absolute file path; a changed file (size, time) is noticed through it. */
export interface ItemSource {
  readonly path: string;
  /** What else `decode` needs to find the item: a frame, a chip's window, a row. */
  readonly [detail: string]: JsonValue;
}

/** One image of a dataset, before it is decoded. */
export interface DatasetItem {
  /** Unique and stable: the same image has the same id on every machine (e.g. a path relative to the root, with `/`). */
  readonly id: string;
  /** Class name; absent when unlabelled. */
  readonly label?: string;
  /** Items of one group never end up in different splits: patient, scene, plate. Must not identify a person. */
  readonly group?: string;
  /**
   * The same place at another date has the same name here; its images are interchangeable pixel for pixel but for what time
   * changes, and a split does not divide them. Must not identify a person. Absent: no other date is known.
   */
  readonly place?: string;
  /** A split fixed by the dataset itself. */
  readonly split?: SplitName;
  /**
   * What the header says about the image, under the format's own words: `{ modality: "CT", bitsStored: 12 }`. `plan` counts
   * them over all items. Nothing that could identify a person, and no free text.
   */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  readonly source: ItemSource;
}

/** One decoded image: rows from the top, channels interleaved (HWC), in physical values. */
export interface ImageRecord {
  /** `width * height * channels` elements. */
  readonly data: PixelArray;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: PixelType;
  /** 1 where a pixel is valid, 0 where it is not (nodata, padding); `width * height` elements. Absent: all are valid. */
  readonly mask?: Uint8Array;
  /** Size of a pixel after the resize, [row, column]: millimetres for DICOM, units of the CRS for rasters. */
  readonly spacing?: readonly [number, number];
  /** What the user should know about this image, the same words for the same thing: "smaller than the stored size". */
  readonly note?: string;
}

/**
 * The stored form that the caller wants. A plugin's `decode` must deliver it; `fitSquare` of `@lejepa/contracts/pixels` makes
 * the square from pixels of any size.
 */
export interface DecodeTarget {
  /** Width and height of the stored square, pixels. */
  readonly size: number;
  /** Channels of the stored image. */
  readonly channels: number;
}

/** A file to fetch, with what makes sure that it is the right one. */
export interface DownloadRequest {
  readonly url: string;
  /** Name below the context's `cacheDir`. */
  readonly file: string;
  /** Size in bytes, if known. */
  readonly bytes?: number;
  /** Expected digest in lower-case hexadecimal. */
  readonly digest?: { readonly algorithm: "sha256" | "md5"; readonly hex: string };
}

/** What a plugin gets besides its options. */
export interface DatasetContext {
  /** Stops the work when aborted. */
  readonly signal?: AbortSignal;
  /** A folder that the plugin may fill (downloads, indexes). */
  readonly cacheDir: string;
  /** Says something to the user: one line, no line end. */
  log(message: string): void;
  /**
   * A pseudonym for what must not leave the plugin in clear (a patient's id): HMAC-SHA256 with a random key kept in
   * `cacheDir`, 16 hexadecimal digits. The same text gives the same pseudonym as long as the key is there.
   */
  hashGroup(identity: string): string;
  /**
   * Fetches a file into `cacheDir` and returns its path; only for plugins whose user asked for it by an option. Goes on where
   * an earlier attempt stopped, checks size and digest, and publishes the file only when they are right.
   *
   * @throws LejepaError E_IO naming what could not be reached or did not match
   */
  download(request: DownloadRequest): Promise<string>;
}

/** What `decode` gets besides the item: the options, and the form wanted. */
export interface DecodeContext<Options = unknown> extends DatasetContext {
  readonly options: Options;
  readonly target: DecodeTarget;
}

/** A sentence on what an index left out, e.g. `{ reason: "not an image", count: 3, examples: ["notes.txt"] }`. */
export interface Skipped {
  readonly reason: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** What `index` returns when it has more to say than the items. */
export interface DatasetIndex {
  readonly items: readonly DatasetItem[];
  /** Files that are not items, by reason. */
  readonly skipped?: readonly Skipped[];
  /** What the user should know about the set as a whole (a gap in a series, two coordinate systems), a sentence each. */
  readonly warnings?: readonly string[];
  /**
   * Names of the channels that `decode` gives, in order (`["red", "nir"]`); `data.channels: null` stores as many. Absent: the
   * plugin can deliver several numbers of channels, and 3 is meant.
   */
  readonly channels?: readonly string[];
  /**
   * Decoded values that are shown as black and as white. Absent: 0 and the largest value for `uint8` and `uint16`; for
   * `int16` and `float32` percentiles of the training images.
   */
  readonly range?: readonly [number, number];
}

/** One compression, transfer syntax, container or bit depth, and whether the plugin reads it. */
export interface FormatSupport {
  /** The standard's own name, e.g. `JPEG-LS Lossless`. */
  readonly name: string;
  /** The standard's own number: a transfer syntax UID, a TIFF compression tag. */
  readonly id: string;
  readonly supported: boolean;
  /** The library that decodes it, or why it is refused. */
  readonly by: string;
}

/** How far `inspect` goes: as decoded, in physical values with invalid pixels masked, or as shown to a person. */
export type InspectStage = "stored" | "values" | "display";

/** What `inspect` is asked for. */
export interface InspectRequest<Options = unknown> {
  readonly stage: InspectStage;
  /** The plugin's options (windows, bands); all have defaults but the path. */
  readonly options: Options;
  /** One frame or page alone. */
  readonly frame?: number;
  /** Part of the image, pixels. */
  readonly window?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** Any array of numbers that pixels are stored as. */
export type StoredArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** One file as a plugin sees it. */
export interface Inspection {
  /** Facts of the header under the format's own words; never about a person. */
  readonly facts: Readonly<Record<string, JsonValue>>;
  /** Sizes of the axes: frames, rows, cols, samples for DICOM; bands, rows, cols for rasters; rows, cols, samples else. */
  readonly shape: readonly number[];
  readonly axes: readonly ("frames" | "bands" | "rows" | "cols" | "samples" | "images")[];
  /** NumPy's name of the type, e.g. `uint16`. */
  readonly dtype: string;
  /** Pixels in C order. */
  readonly data: StoredArray;
  /** 1 where a value is valid; as many elements as `data`. Absent: all are. */
  readonly mask?: Uint8Array;
}

/** The default augmentation policy of a dataset's domain, and why. */
export interface DatasetDomain {
  /** Name of an augmentation policy (`policies`); a name that is none of them means `natural`. */
  readonly name: string;
  /** Why this policy is right for these images. */
  readonly reason: string;
}

/** What a plugin author writes. `Schema` is the zod schema of the options. */
export interface DatasetDefinition<Schema extends z.ZodType> {
  /** Lower-case name; a package `@lejepa/dataset-ID` is found by it. */
  readonly id: string;
  readonly title: string;
  /** SPDX expression or a sentence, of the images. */
  readonly license: string;
  /** How to cite the images; empty when there is nothing to cite. */
  readonly citation: string;
  /**
   * `import.meta.url` of the module that exports the plugin. Worker threads import it to decode; without it decoding
   * runs on the calling thread.
   */
  readonly module?: string;
  /** A `z.strictObject`; its JSON form must survive a round trip (it is part of the cache's key). */
  readonly options: Schema;
  /** Lists the items without decoding pixels, in a stable order. */
  index(options: z.output<Schema>, context: DatasetContext): Promise<DatasetIndex>;
  /** Decodes one item to `context.target`. Throws when the file is unreadable: the caller reports and skips it. */
  decode(item: DatasetItem, context: DecodeContext<z.output<Schema>>): Promise<ImageRecord>;
  /**
   * What the pixels depend on besides the item's file and the target: some options, and a number to raise when `decode`
   * changes. Decoded images are kept while it stays the same. Default: all options.
   */
  pixelKey?(options: z.output<Schema>): JsonValue;
  /** What the plugin reads and what it refuses by name; `lejepa doctor` shows it. */
  readonly formats?: readonly FormatSupport[];
  /**
   * Whether a file is of this plugin's format, by its first 512 bytes (fewer in a short file) and its name. More than one
   * plugin may say yes; the more particular one is asked first.
   */
  recognises?(head: Uint8Array, path: string): boolean;
  /** One file as the plugin sees it; what `lejepa inspect` shows. Throws as `decode` does. */
  inspect?(path: string, request: InspectRequest<z.output<Schema>>, context: DatasetContext): Promise<Inspection>;
  readonly domain: DatasetDomain;
  /** The domain where it depends on the options, e.g. radar instead of an optical sensor. Default: `domain`. */
  domainOf?(options: z.output<Schema>): DatasetDomain;
}

/** A declared plugin: the definition with its kind and contract version, frozen. */
export interface Dataset<Schema extends z.ZodType = z.ZodType> extends DatasetDefinition<Schema> {
  readonly kind: "lejepa/dataset";
  readonly api: 1;
}

/**
 * Declares a dataset plugin. Types of `options` in `index` and `decode` follow from the schema.
 *
 * @throws LejepaError E_USAGE when the id is not lower-case letters, digits and dashes
 */
export function defineDataset<Schema extends z.ZodType>(definition: DatasetDefinition<Schema>): Dataset<Schema> {
  if (!/^[a-z][a-z0-9-]*$/.test(definition.id)) {
    throw new LejepaError({
      code: "E_USAGE",
      where: "defineDataset",
      expected: "an id of lower-case letters, digits and dashes",
      got: JSON.stringify(definition.id),
    });
  }
  return Object.freeze({ kind: "lejepa/dataset", api: 1, ...definition } as const);
}

/** A dataset with its options, as a config holds it. `plugin` is absent when it is still to be found by `id`. */
export interface BoundDataset {
  readonly id: string;
  /** Valid for the plugin's schema; JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly plugin?: Dataset | undefined;
}

/**
 * Checks options against a plugin's schema and binds them: `dataset: bindDataset(folder, { path: "photos" })`.
 *
 * @throws LejepaError E_DATASET_OPTIONS naming the option, what was expected, and the nearest option for a typo
 */
export function bindDataset<Schema extends z.ZodType>(plugin: Dataset<Schema>, options: z.input<Schema>): BoundDataset {
  const result = plugin.options.safeParse(options, { reportInput: true });
  if (!result.success) {
    throw new LejepaError({
      code: "E_DATASET_OPTIONS",
      ...describeIssues(`dataset ${plugin.id}`, result.error.issues, { schema: plugin.options, value: options }),
      cause: result.error,
    });
  }
  return Object.freeze({
    id: plugin.id,
    options: result.data as Record<string, unknown>,
    plugin: plugin as unknown as Dataset,
  });
}

/** The domain of a bound dataset; undefined while its plugin is not known. */
export function domainOf({ plugin, options }: BoundDataset): DatasetDomain | undefined {
  return plugin?.domainOf?.(options) ?? plugin?.domain;
}

/** Whether a value is a plugin of a contract version that this release understands. */
export function isDataset(value: unknown): value is Dataset {
  if (typeof value !== "object" || value === null) return false;
  const { kind, api } = value as { kind?: unknown; api?: unknown };
  return kind === "lejepa/dataset" && api === 1;
}

/**
 * Finds the plugin with the given id among a module's exports.
 *
 * @throws LejepaError E_USAGE when there is none, or it was written for another contract version
 */
export function findDataset(module: Readonly<Record<string, unknown>>, id: string): Dataset {
  const plugins = Object.values(module).filter(hasKind);
  const match = plugins.find((plugin) => plugin.id === id);
  if (match !== undefined && isDataset(match)) return match;
  throw new LejepaError({
    code: "E_USAGE",
    where: `dataset ${id}`,
    expected: `a module that exports defineDataset({ id: "${id}", ... }) of contract version 1`,
    got: match
      ? `contract version ${String(match.api)}`
      : `plugins ${plugins.map((plugin) => String(plugin.id)).join(", ") || "none"}`,
  });
}

function hasKind(value: unknown): value is { kind: string; id: unknown; api: unknown } {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "lejepa/dataset";
}
