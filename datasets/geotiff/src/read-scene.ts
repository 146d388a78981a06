/**
 * Reads a window of a scene: physical values of its channels with a mask of valid pixels. Bands of coarser resolution are
 * repeated onto the finest grid; a window that is to become much smaller is read from an overview.
 */
import type { PixelArray, PixelType } from "@lejepa/contracts";
import { pixelSize } from "./georeference.ts";
import type { Part, Scene } from "./open-scene.ts";
import type { GeotiffOptions } from "./options.ts";
import { repeatPixels, type PartPixels, type Place } from "./part-pixels.ts";
import { physicalValues } from "./physical.ts";
import type { TiffImage } from "./tiff/image.ts";
import type { Page } from "./tiff/open.ts";
import { blockCache, readWindow, type Window } from "./tiff/read-window.ts";
import { validPixels } from "./valid-pixels.ts";

/** Pixels of a window. */
export interface ScenePixels {
  readonly data: PixelArray;
  readonly dtype: PixelType;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** 1 where a pixel is valid; absent when all are. */
  readonly mask?: Uint8Array;
  /** Of a pixel, [down, along], units of the coordinate system. */
  readonly spacing?: readonly [number, number];
}

/** How to read. */
export interface ReadSceneOptions {
  readonly options: GeotiffOptions;
  /** Side that it will be resized to: an overview is used only while it still has twice as many pixels. */
  readonly size: number;
}

/** Reads a window, in pixels of the scene's grid. Errors as of `readWindow`. */
export async function readScene(
  scene: Scene,
  window: Window,
  { options, size }: ReadSceneOptions,
): Promise<ScenePixels> {
  const parts = await readParts(scene, window, { options, size });
  const { width, height } = parts.grid;
  const mask = validPixels(parts.list, options);
  const physical = physicalValues(parts.list, scene.selection, { options, mask });
  const { affine } = scene.georeference;
  const [down, along] = affine === undefined ? [0, 0] : pixelSize(affine);
  return {
    data: physical.data,
    dtype: physical.dtype,
    width,
    height,
    channels: scene.selection.channels.length + scene.selection.indices.length,
    ...(physical.mask !== undefined && { mask: physical.mask }),
    ...(affine !== undefined && {
      spacing: [(down * window.height) / height, (along * window.width) / width] as const,
    }),
  };
}

/** Which pixels of a window are valid, at about `size` pixels a side or more; undefined: all. */
export async function readValidity(
  scene: Scene,
  window: Window,
  { options, size }: ReadSceneOptions,
): Promise<{ readonly width: number; readonly height: number; readonly mask: Uint8Array | undefined }> {
  const parts = await readParts(scene, window, { options, size });
  return { ...parts.grid, mask: validPixels(parts.list, options) };
}

interface Grid {
  readonly width: number;
  readonly height: number;
}

async function readParts(
  scene: Scene,
  window: Window,
  { options, size }: ReadSceneOptions,
): Promise<{ readonly grid: Grid; readonly list: readonly PartPixels[] }> {
  blockCache.limit = options.cacheMegabytes * 2 ** 20;
  const wanted = [...new Set(scene.selection.read.map(({ part }) => part))];
  const most = Math.min(window.width, window.height) / (2 * size);
  const parts = await Promise.all(wanted.map((index) => readPart(scene, index, { window, most })));
  const finest = parts[wanted.indexOf(scene.parts.indexOf(scene.finest))] as PartPixels;
  const grid = { width: finest.width, height: finest.height };
  return { grid, list: parts.map((part) => repeatPixels(part, grid)) };
}

/** A version of a page: the whole one or an overview. */
interface Level {
  readonly image: TiffImage;
  readonly mask: TiffImage | undefined;
}

// the coarsest version that is not shrunk by more than `most`
function levelOf(page: Page, most: number): Level {
  const fits = page.overviews.filter(
    ({ image }) => page.image.width / image.width <= most && image.samples === page.image.samples,
  );
  return fits.reduce<Level>((best, level) => (level.image.width < best.image.width ? level : best), page);
}

async function readPart(
  scene: Scene,
  index: number,
  { window, most }: { window: Window; most: number },
): Promise<PartPixels> {
  const { file, page } = scene.parts[index] as Part;
  const level = levelOf(page, most * (page.image.width / scene.width));
  const place = placeIn(level.image, scene, window);
  const bands = scene.selection.read.filter(({ part }) => part === index);
  const samples = [...new Set(bands.map((band) => band.index))];
  const values = await readWindow(file, level.image, { window: place.window, bands: samples, order: "pixels" });
  return {
    part: index,
    bands,
    samples,
    image: page.image,
    values,
    mask: await readMask(scene.parts[index] as Part, level, place.window),
    place,
    width: place.window.width,
    height: place.window.height,
  };
}

/** Where a window of the scene lies in an image of another resolution. */
function placeIn(image: TiffImage, scene: Scene, { x, y, width, height }: Window): Place {
  const [along, down] = [image.width / scene.width, image.height / scene.height];
  const left = Math.min(image.width - 1, Math.floor(x * along));
  const top = Math.min(image.height - 1, Math.floor(y * down));
  const right = Math.max(left + 1, Math.min(image.width, Math.ceil((x + width) * along - 1e-9)));
  const bottom = Math.max(top + 1, Math.min(image.height, Math.ceil((y + height) * down - 1e-9)));
  return {
    window: { x: left, y: top, width: right - left, height: bottom - top },
    left: x * along - left,
    top: y * down - top,
    across: width * along,
    down: height * down,
  };
}

/** 0 where the file's own mask, or its alpha, says that there is nothing. */
async function readMask({ file, alpha }: Part, level: Level, window: Window): Promise<Uint8Array | undefined> {
  const band = level.mask === undefined ? alpha : 0;
  const image = level.mask ?? level.image;
  if (band === undefined) return undefined;
  const values = await readWindow(file, image, { window, bands: [band], order: "pixels" });
  return Uint8Array.from(values as Uint8Array, (value) => (Number(value) === 0 ? 0 : 1));
}
