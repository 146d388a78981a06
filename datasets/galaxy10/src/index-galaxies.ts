/**
 * Lists the images of the file with class, group and pixel scale. Reads the small datasets only, never the images.
 */
import { basename } from "node:path";
import { LejepaError, nearest, type DatasetContext, type DatasetIndex, type DatasetItem } from "@lejepa/contracts";
import { findFile, verifyFile } from "./find-file.ts";
import { filters, withHdf5, type DatasetInfo, type Hdf5File } from "./hdf5.ts";
import type { Galaxy10Options } from "./options.ts";
import { isReadable } from "./read-images.ts";
import { skyGroups } from "./sky.ts";
import { variantOfShape, variants } from "./variants.ts";

// above this a last axis is taken for columns: someone stored bands first
const mostBands = 16;

/**
 * The items in the order of the file.
 *
 * @throws LejepaError E_DATA for a file that cannot be read, lacks a dataset, or whose datasets do not fit together
 */
export async function indexGalaxies(options: Galaxy10Options, context: DatasetContext): Promise<DatasetIndex> {
  const path = await findFile(options, context);
  if (options.verify) await verifyFile(path, options, context.signal);
  context.signal?.throwIfAborted();
  return withHdf5(path, (file) => {
    const name = basename(path);
    const images = findImages(file, name, options);
    const rows = images.shape[0] as number;
    const labels = readLabels(file, { name, rows, options, images });
    const groups = readGroups(file, { name, rows, arcseconds: options.duplicates });
    const scales = readColumn(file, "pxscale", { name, rows });
    const items = Array.from({ length: rows }, (_, row): DatasetItem => {
      const [label, group] = [labels?.[row], groups?.[row] ?? -1];
      // stored as float32: 0.262 comes back as 0.2619999945...
      const scale = scales === undefined ? undefined : Number((scales[row] as number).toPrecision(6));
      return {
        id: `${options.images}/${row}`,
        ...(label !== undefined && { label }),
        ...(group >= 0 && { group: `sky-${group}` }),
        ...(scale !== undefined && { facts: { arcsecondsPerPixel: scale } }),
        source: { path, images: options.images, row, ...(scale !== undefined && { scale }) },
      };
    });
    return { items, ...warningsOf(groups), ...channelsOf(images.shape[3]) };
  });
}

function findImages(file: Hdf5File, name: string, options: Galaxy10Options): DatasetInfo {
  const images = needed(file, options.images, { name, option: "images" });
  const { shape, dtype, filters: used } = images;
  const bands = shape[3] ?? 1;
  const fits = (shape.length === 3 || shape.length === 4) && shape.every((length) => length > 0);
  if (!fits || bands > mostBands)
    throw wrong(name, {
      expected: `${options.images} of shape N x H x W or N x H x W x bands (at most ${mostBands})`,
      got: shape.join(" x "),
      ...(fits && { hint: "Bands that come first are to be moved to the end." }),
    });
  if (!isReadable(dtype))
    throw wrong(name, { expected: `${options.images} of 8 or 16 bit, float32 or float64`, got: dtype });
  const unread = used.find((filter) => !filters.some((one) => one.name === filter && one.supported));
  if (unread !== undefined)
    throw wrong(name, {
      expected: `${options.images} compressed with gzip, or not at all`,
      got: unread,
      hint: "Rewrite it with h5repack -f GZIP=4.",
    });
  return images;
}

interface LabelJob {
  readonly name: string;
  readonly rows: number;
  readonly options: Galaxy10Options;
  readonly images: DatasetInfo;
}

function readLabels(file: Hdf5File, { name, rows, options, images }: LabelJob): string[] | undefined {
  if (options.labels === null) return undefined;
  const { dtype, shape } = needed(file, options.labels, { name, option: "labels" });
  checkLength(options.labels, shape, { name, rows });
  if (dtype === "string") return file.readTexts(options.labels);
  if (!/^u?int/.test(dtype))
    throw wrong(name, { expected: `${options.labels} with class numbers or names`, got: dtype });
  const variant = options.variant === "auto" ? variantOfShape(images.shape) : options.variant;
  const names = options.classes ?? (variant === undefined ? undefined : variants[variant].classes);
  return Array.from(file.read(options.labels, []) as ArrayLike<number | bigint>, (value, row) => {
    const id = Number(value);
    if (id >= 0 && (names === undefined || id < names.length)) return names?.[id] ?? `class ${id}`;
    throw wrong(name, {
      expected: names === undefined ? "class numbers from 0" : `class numbers 0..${names.length - 1}`,
      got: `${id} in row ${row} of ${options.labels}`,
    });
  });
}

function readGroups(
  file: Hdf5File,
  { name, rows, arcseconds }: { name: string; rows: number; arcseconds: number },
): Int32Array | undefined {
  const [ra, dec] = [readColumn(file, "ra", { name, rows }), readColumn(file, "dec", { name, rows })];
  return arcseconds === 0 || ra === undefined || dec === undefined ? undefined : skyGroups(ra, dec, arcseconds);
}

function readColumn(file: Hdf5File, column: string, of: { name: string; rows: number }): Float64Array | undefined {
  const found = file.find(column);
  if (found === undefined || !/int|float/.test(found.dtype)) return undefined;
  checkLength(column, found.shape, of);
  return Float64Array.from(file.read(column, []) as ArrayLike<number | bigint>, Number);
}

function needed(file: Hdf5File, dataset: string, { name, option }: { name: string; option: string }): DatasetInfo {
  const found = file.find(dataset);
  if (found !== undefined) return found;
  const all = file.list().map((one) => one.name);
  const similar = nearest(dataset, all);
  throw wrong(name, {
    expected: `a dataset ${JSON.stringify(dataset)}`,
    got: all.length === 0 ? "no datasets" : `the datasets ${all.slice(0, 20).join(", ")}`,
    hint: `${similar === undefined ? "" : `Did you mean ${JSON.stringify(similar)}? `}Name it in the option ${option}${option === "labels" ? ", or set labels: null" : ""}.`,
  });
}

function checkLength(dataset: string, shape: readonly number[], { name, rows }: { name: string; rows: number }): void {
  if (shape[0] === rows && shape.slice(1).every((length) => length === 1)) return;
  throw wrong(name, { expected: `${rows} values in ${dataset}, one for each image`, got: shape.join(" x ") || "one" });
}

function warningsOf(groups: Int32Array | undefined): Pick<DatasetIndex, "warnings"> {
  const grouped = groups?.filter((group) => group >= 0) ?? [];
  if (grouped.length === 0) return {};
  const places = new Set(grouped).size;
  return {
    warnings: [`${grouped.length} images show ${places} patches of sky more than once; each patch stays in one split.`],
  };
}

// three bands can be given as three or as one; any other number only as it is
function channelsOf(bands: number | undefined): Pick<DatasetIndex, "channels"> {
  if (bands === 3) return {};
  if (bands === undefined || bands === 1) return { channels: ["intensity"] };
  return { channels: Array.from({ length: bands }, (_, band) => `band ${band + 1}`) };
}

function wrong(where: string, parts: { expected: string; got: string; hint?: string }): LejepaError {
  return new LejepaError({ code: "E_DATA", where, ...parts });
}
