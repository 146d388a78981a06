// Writes small TIFF files for tests, tag by tag, so that tests can say exactly what a file holds; and runs the plugin on them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type DatasetIndex, type DatasetItem, type ImageRecord } from "@lejepa/contracts";
import { testContext } from "@lejepa/contracts/testing";
import { onTestFinished } from "vitest";
import type { z } from "zod";
import type { geotiffOptions } from "./options.ts";
import { geotiff } from "./plugin.ts";

export { caught } from "@lejepa/contracts/testing";

type Pixels = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** One image of a file. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Rows of pixels with their bands. */
  readonly pixels: Pixels;
  /** Left, top and pixel size; a coordinate system. */
  readonly place?: { readonly x: number; readonly y: number; readonly size: number; readonly epsg?: number };
  readonly nodata?: string;
  /** More tags, or others: numbers (16 bits up to 65535, else 32), doubles as Float64Array, text. */
  readonly tags?: Readonly<Record<number, number | readonly number[] | Float64Array | string>>;
}

/** A little-endian TIFF file without compression. */
export function tiffOf(...images: readonly Raster[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0)];
  let at = 8;
  const add = (bytes: Uint8Array): number => {
    const start = at;
    const padded = new Uint8Array(bytes.length + (bytes.length % 2));
    padded.set(bytes);
    parts.push(padded);
    at += padded.length;
    return start;
  };
  let [pointerPart, pointerAt] = [0, 4];
  for (const image of images) {
    const data = add(new Uint8Array(image.pixels.buffer, image.pixels.byteOffset, image.pixels.byteLength));
    const entries = Object.entries(tagsOf(image, data)).sort(([a], [b]) => Number(a) - Number(b));
    const directory = new Uint8Array(2 + 12 * entries.length + 4);
    const view = new DataView(directory.buffer);
    view.setUint16(0, entries.length, true);
    for (const [i, [tag, value]] of entries.entries()) {
      const { type, count, bytes } = encode(value);
      view.setUint16(2 + 12 * i, Number(tag), true);
      view.setUint16(4 + 12 * i, type, true);
      view.setUint32(6 + 12 * i, count, true);
      if (bytes.length <= 4) directory.set(bytes, 10 + 12 * i);
      else view.setUint32(10 + 12 * i, add(bytes), true);
    }
    const pointed = parts[pointerPart] as Uint8Array;
    new DataView(pointed.buffer).setUint32(pointerAt, at, true);
    add(directory);
    [pointerPart, pointerAt] = [parts.length - 1, 2 + 12 * entries.length];
  }
  return Buffer.concat(parts);
}

function tagsOf({ width, height, pixels, place, nodata, tags }: Raster, data: number): NonNullable<Raster["tags"]> {
  const bands = pixels.length / (width * height);
  const name = pixels.constructor.name;
  const format = name.startsWith("U") ? 1 : name.startsWith("I") ? 2 : 3;
  const all = (value: number): number[] => Array.from({ length: bands }, () => value);
  return {
    256: width,
    257: height,
    258: all(8 * pixels.BYTES_PER_ELEMENT),
    259: 1,
    262: 1,
    273: data,
    277: bands,
    278: height,
    279: pixels.byteLength,
    339: all(format),
    ...(bands > 1 && { 338: all(0).slice(1) }),
    ...(place !== undefined && {
      33550: Float64Array.of(place.size, place.size, 0),
      33922: Float64Array.of(0, 0, 0, place.x, place.y, 0),
      34735: [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, place.epsg ?? 32618],
    }),
    ...(nodata !== undefined && { 42113: nodata }),
    ...tags,
  };
}

function encode(value: number | readonly number[] | Float64Array | string): {
  type: number;
  count: number;
  bytes: Uint8Array;
} {
  if (typeof value === "string") {
    const bytes = Buffer.from(`${value}\0`);
    return { type: 2, count: bytes.length, bytes };
  }
  if (value instanceof Float64Array) return { type: 12, count: value.length, bytes: new Uint8Array(value.buffer) };
  const list = typeof value === "number" ? [value] : value;
  const isShort = list.every((entry) => entry < 65_536);
  const typed = isShort ? Uint16Array.from(list) : Uint32Array.from(list);
  return { type: isShort ? 3 : 4, count: list.length, bytes: new Uint8Array(typed.buffer) };
}

/** A raster of one band, or of several by a function of place and band. */
export function raster(
  width: number,
  height: number,
  value: (x: number, y: number, band: number) => number,
  more: Partial<Raster> & { bands?: number; type?: new (length: number) => Pixels } = {},
): Raster {
  const { bands = 1, type = Uint8Array, ...rest } = more;
  const pixels = new type(width * height * bands);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = Math.floor(i / bands);
    pixels[i] = value(pixel % width, Math.floor(pixel / width), i % bands);
  }
  return { width, height, pixels, ...rest };
}

/** A temporary folder with these files, gone when the test ends. */
export async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "lejepa-geotiff-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), contents);
  }
  return root;
}

type Options = z.input<typeof geotiffOptions>;

/** The plugin's index with default options but these. */
export async function index(options: Options, cacheDir?: string): Promise<DatasetIndex> {
  return geotiff.index(geotiff.options.parse(options), testContext(cacheDir ?? (await makeFolder({}))));
}

/** Decodes an item to a square of `size`. */
export function decode(
  item: DatasetItem,
  options: Options,
  { size, channels }: { size: number; channels: number },
): Promise<ImageRecord> {
  return geotiff.decode(item, {
    ...testContext("unused"),
    options: geotiff.options.parse(options),
    target: { size, channels },
  });
}

/** What `inspect` shows of a file. */
export function inspect(
  path: string,
  stage: "stored" | "values" | "display",
  more: Partial<Options> & { frame?: number; window?: { x: number; y: number; width: number; height: number } } = {},
) {
  const { frame, window, ...options } = more;
  const request = {
    stage,
    options: geotiff.options.parse({ path: "x", ...options }),
    ...(frame !== undefined && { frame }),
    ...(window !== undefined && { window }),
  };
  const run = geotiff.inspect as NonNullable<typeof geotiff.inspect>;
  return run(path, request, testContext("unused"));
}
