/**
 * One file as this plugin sees it: stored values exactly as they lie in the file, physical values with a mask for each band,
 * or a picture.
 */
import { LejepaError, type InspectRequest, type Inspection, type JsonValue, type StoredArray } from "@lejepa/contracts";
import { bandsOfPage, isPalette, type Band } from "./bands.ts";
import { boundsOf, georeferenceOf, pixelSize } from "./georeference.ts";
import type { GeotiffOptions } from "./options.ts";
import { picture } from "./picture.ts";
import { compressionName } from "./tiff/image.ts";
import { openTiff, type Page, type TiffFile } from "./tiff/open.ts";
import { readWindow, type Window } from "./tiff/read-window.ts";
import { storedNodata } from "./valid-pixels.ts";

/** Reads one file. Errors as of `decode`. */
export async function inspectFile(path: string, request: InspectRequest<GeotiffOptions>): Promise<Inspection> {
  const file = await openTiff(path);
  const page = pageOf(file, request.frame ?? 0);
  const { image } = page;
  const window = request.window ?? { x: 0, y: 0, width: image.width, height: image.height };
  const all = Array.from({ length: image.samples }, (_, band) => band);
  const data = await readWindow(file, image, { window, bands: all, order: "bands" });
  const facts = factsOf(file, page);
  const shape = [image.samples, window.height, window.width];
  if (request.stage === "stored") return { facts, shape, axes: ["bands", "rows", "cols"], dtype: image.dtype, data };
  const bands = bandsOfPage(page, 0, undefined, request.options);
  const masked = await valuesOf({ file, page, window }, data, bands);
  if (request.stage === "values")
    return { facts: { ...facts, channels: masked.names }, shape, axes: ["bands", "rows", "cols"], ...masked.values };
  return { facts, ...picture(page, window, { data, mask: masked.values.mask }) };
}

function pageOf({ pages, source }: TiffFile, frame: number): Page {
  const page = pages[frame];
  if (page !== undefined) return page;
  throw new LejepaError({
    code: "E_DATA",
    where: source.name,
    expected: `a page below ${pages.length}`,
    got: String(frame),
  });
}

function factsOf({ big, littleEndian, pages }: TiffFile, page: Page): Readonly<Record<string, JsonValue>> {
  const { image, overviews, mask } = page;
  const { crs, placed, affine } = georeferenceOf(page);
  return {
    format: `${big ? "BigTIFF" : "TIFF"}, ${littleEndian ? "little" : "big"} endian`,
    width: image.width,
    height: image.height,
    bands: image.samples,
    bitsPerSample: image.bits,
    sampleFormat: image.format,
    compression: compressionName(image),
    predictor: image.predictor,
    layout: image.tiled ? "tiles" : "strips",
    block: [image.blockWidth, image.blockHeight],
    interleave: image.planar ? "band" : "pixel",
    photometric: image.photometric,
    palette: isPalette(page),
    alpha: page.alpha !== undefined,
    mask: mask !== undefined,
    nodata: image.nodata === undefined ? null : String(image.nodata),
    overviews: overviews.length,
    pages: pages.length,
    crs,
    placed,
    ...(affine !== undefined && { geotransform: [affine[2], affine[0], affine[1], affine[5], affine[3], affine[4]] }),
    ...(affine !== undefined && { bounds: boundsOf(affine, { x: 0, y: 0, width: image.width, height: image.height }) }),
    ...(affine !== undefined && { resolution: pixelSize(affine) }),
  };
}

interface Read {
  readonly file: TiffFile;
  readonly page: Page;
  readonly window: Window;
}

/** Physical values; indices of a colour map stay what they are. */
async function valuesOf(
  read: Read,
  data: StoredArray,
  bands: readonly Band[],
): Promise<{
  readonly names: readonly string[];
  readonly values: Pick<Inspection, "data" | "dtype"> & { readonly mask: Uint8Array };
}> {
  const { image } = read.page;
  const pixels = read.window.width * read.window.height;
  const known = Array.from({ length: image.samples }, (_, index) => bands.find((band) => band.index === index));
  const mask = await maskOf(read, data, known);
  const isScaled = known.some((band) => band !== undefined && (band.scale !== 1 || band.offset !== 0));
  const names = known.map((band, index) =>
    isPalette(read.page) ? "index" : (band?.name ?? `alpha${index === read.page.alpha ? "" : index}`),
  );
  if (!isScaled) return { names, values: { data, dtype: image.dtype, mask } };
  const scaled = Float32Array.from({ length: data.length }, (_, i) => {
    const { scale, offset } = known[Math.floor(i / pixels)] ?? { scale: 1, offset: 0 };
    return Number(data[i]) * scale + offset;
  });
  return { names, values: { data: scaled, dtype: "float32", mask } };
}

/** Valid values of each band by itself: nodata, what is not finite, the file's mask and alpha. */
async function maskOf(
  { file, page, window }: Read,
  data: StoredArray,
  bands: readonly (Band | undefined)[],
): Promise<Uint8Array> {
  const pixels = window.width * window.height;
  const alpha = page.alpha;
  const shown =
    page.mask === undefined ? undefined : await readWindow(file, page.mask, { window, bands: [0], order: "bands" });
  const mask = new Uint8Array(data.length);
  for (const [index, band] of bands.entries()) {
    const nodata = storedNodata(data, band?.nodata);
    for (let i = 0; i < pixels; i++) {
      const at = index * pixels + i;
      const value = data[at] as number;
      const hidden =
        (shown !== undefined && Number(shown[i]) === 0) ||
        (alpha !== undefined && index !== alpha && Number(data[alpha * pixels + i]) === 0);
      mask[at] = hidden || value === nodata || !isFiniteNumber(value) ? 0 : 1;
    }
  }
  return mask;
}

// 64-bit integers are bigints
function isFiniteNumber(value: number | bigint): boolean {
  return typeof value === "bigint" || Number.isFinite(value);
}
