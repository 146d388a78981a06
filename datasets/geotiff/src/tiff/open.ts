/**
 * Opens TIFF files and keeps the last ones open: pages with their overviews and masks, and what geotiff reads off the
 * geographic tags. Bounded in number, since every open file holds a descriptor and its lists of blocks.
 */
import { statSync } from "node:fs";
import { GeoTIFF, type GeoTIFFImage } from "geotiff";
import { isLejepaError } from "@lejepa/contracts";
import { describeImage, isInk, tagsOf, type Tags, type TiffImage } from "./image.ts";
import { bandMetadataOf, type BandMetadata } from "./metadata.ts";
import { preflight } from "./preflight.ts";
import { unreadable } from "./problem.ts";
import { isUrl, openSource, type ByteSource } from "./source.ts";

/** One page: an image, smaller versions of it, and its mask of valid pixels. */
export interface Page {
  readonly image: TiffImage;
  /** Finest first. */
  readonly overviews: readonly { readonly image: TiffImage; readonly mask: TiffImage | undefined }[];
  readonly mask: TiffImage | undefined;
  readonly tags: Tags;
  /** What GDAL's metadata say of each band. */
  readonly metadata: readonly BandMetadata[];
  /** The band that says how opaque a pixel is, from 0. */
  readonly alpha: number | undefined;
  /** What geotiff makes of the directory: geo keys. */
  readonly geo: GeoTIFFImage;
}

/** An open file. */
export interface TiffFile {
  /** Tells the file's blocks from others', also after it changed. */
  readonly key: string;
  readonly source: ByteSource;
  readonly big: boolean;
  readonly littleEndian: boolean;
  readonly pages: readonly Page[];
}

const mostOpen = 64;
const opened = new Map<string, Promise<TiffFile>>();

/**
 * The file at a path or URL, open.
 *
 * @throws LejepaError E_DECODE or E_IO naming what is wrong with it
 */
export async function openTiff(path: string): Promise<TiffFile> {
  const key = isUrl(path) ? path : keyOf(path);
  const found = opened.get(key);
  opened.delete(key);
  const file = found ?? load(path, key);
  opened.set(key, file);
  file.catch(() => opened.delete(key));
  for (const [oldest, old] of opened) {
    if (opened.size <= mostOpen) break;
    opened.delete(oldest);
    void old.then(({ source }) => source.close()).catch(() => {});
  }
  return file;
}

function keyOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return `${path}|${found?.size}|${found?.mtimeMs}|${found?.ino}`;
}

async function load(path: string, key: string): Promise<TiffFile> {
  const source = await openSource(path);
  try {
    return await parse(source, key);
  } catch (error) {
    await source.close();
    if (isLejepaError(error)) throw error;
    throw unreadable(source.name, "Its header is damaged", undefined, error);
  }
}

async function parse(source: ByteSource, key: string): Promise<TiffFile> {
  const { directories, littleEndian, big } = await preflight(source);
  const tiff = await GeoTIFF.fromSource(fetcherOf(source));
  // left to load when needed, geotiff reads the lists of big-endian files in the wrong order
  tiff.parser.eager = true;
  const pages: Page[] = [];
  for (let i = 0; i < directories; i++) {
    const geo = await tiff.getImage(i);
    const tags = tagsOf(geo.fileDirectory);
    const image = describeUnlessOptional(
      i,
      () => describeImage(source.name, tags, { littleEndian, size: source.size }),
      tags,
    );
    if (image === undefined) continue;
    const page = pages.at(-1);
    if (image.kind === "image" || page === undefined) {
      const metadata = await bandMetadataOf(geo, image.samples);
      pages.push({ image, overviews: [], mask: undefined, tags, metadata, alpha: alphaOf(image, metadata), geo });
    } else pages[pages.length - 1] = attach(page, image);
  }
  return { key, source, big, littleEndian, pages };
}

// a thumbnail of a kind that is not read must not take the scene with it; a mask must
function describeUnlessOptional(index: number, describe: () => TiffImage, tags: Tags): TiffImage | undefined {
  try {
    return describe();
  } catch (error) {
    if (index === 0 || (tags.number(254, 0) & 4) !== 0) throw error;
    return undefined;
  }
}

/** geotiff's shape of a source. It reads ahead by a fixed size, also beyond the end of the file. */
function fetcherOf(source: ByteSource): Parameters<typeof GeoTIFF.fromSource>[0] {
  const fetchSlice = async ({ offset, length }: { offset: number; length: number }) => {
    const bytes = await source.read(offset, length);
    return { data: bytes.slice().buffer, offset, length };
  };
  return {
    fetchSlice,
    fetch: async (slices: { offset: number; length: number }[]) =>
      Promise.all(slices.map(async (slice) => (await fetchSlice(slice)).data)),
    fileSize: source.size,
    close: async () => {},
  };
}

// GDAL marks bands that are no alpha although an older tag says so
function alphaOf(image: TiffImage, metadata: readonly BandMetadata[]): number | undefined {
  if (isInk(image)) return 3;
  const at = image.extraSamples.findIndex((kind) => kind === 1 || kind === 2);
  const band = image.samples - image.extraSamples.length + at;
  const said = metadata[band]?.colour;
  return at >= 0 && (said === undefined || said === "alpha") ? band : undefined;
}

// a mask belongs to the image of its size; overviews of masks are masks too
function attach(page: Page, image: TiffImage): Page {
  const sameSize = (other: TiffImage): boolean => other.width === image.width && other.height === image.height;
  if (image.kind === "overview") return { ...page, overviews: [...page.overviews, { image, mask: undefined }] };
  if (sameSize(page.image)) return { ...page, mask: image };
  return {
    ...page,
    overviews: page.overviews.map((overview) => (sameSize(overview.image) ? { ...overview, mask: image } : overview)),
  };
}
